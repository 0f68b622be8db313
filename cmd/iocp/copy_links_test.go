// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// symlink makes a link, and skips the test where there are none: on Windows it takes a right, and on a system
// that only says it has made one there is nothing of that name.
func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skipf("no links can be made here: %v", err)
	}
	if _, err := os.Readlink(name); err != nil {
		t.Skipf("no links can be made here: os.Symlink succeeded, but then: %v", err)
	}
}

func TestCopyKeepsLinksAsLinks(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src/file", []byte("x"))
	links := map[string]string{"to-file": "file", "dangling": "nowhere", "absolute": "/etc", "up": "..", "self": "self"}
	for name, to := range links {
		symlink(t, to, dir+"/src/"+name)
	}
	out := mustCopy(t, dir+"/src", dir+"/dst")
	if !strings.Contains(out, "5 links") {
		t.Errorf("summary %q", out)
	}
	for name, to := range links {
		if got, err := os.Readlink(dir + "/dst/" + name); err != nil || filepath.ToSlash(got) != to {
			t.Errorf("%s leads to %q (%v), want %q", name, got, err, to)
		}
	}
	mustCopy(t, dir+"/src/dangling", dir+"/again")
	if got, err := os.Readlink(dir + "/again"); err != nil || got != "nowhere" {
		t.Errorf("a link on the command line became %q, %v", got, err)
	}
}

// What a link leads to may be copied after it: the copy works all the same, also on Windows, where links to files
// and to folders are two things.
func TestCopyOfALinkLeadsToTheCopyOfItsTarget(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src/folder/sub/file", []byte("x"))
	symlink(t, "folder", dir+"/src/a-link") // the first to be copied
	symlink(t, filepath.FromSlash("folder/sub/file"), dir+"/src/b-link")
	mustCopy(t, dir+"/src", dir+"/dst")
	wantFile(t, dir+"/dst/a-link/sub/file", []byte("x"))
	wantFile(t, dir+"/dst/b-link", []byte("x"))
}

func TestCopyIntoALinkToAFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "a/sub/two", []byte("2"))
	writeFile(t, "b", []byte("3"))
	os.Mkdir("into", 0o755)
	symlink(t, "into", "link")
	mustCopy(t, "a", "b", "link")
	wantFile(t, "into/a/sub/two", []byte("2"))
	wantFile(t, "into/b", []byte("3"))
}

func TestCopyReplacesLinks(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src", []byte("new"))
	writeFile(t, dir+"/old", []byte("old and longer"))
	os.Mkdir(dir+"/folder", 0o755)
	symlink(t, "old", dir+"/link")
	symlink(t, "nowhere", dir+"/dangling")
	for _, name := range []string{"link", "dangling"} {
		mustCopy(t, dir+"/src", dir+"/"+name)
		wantFile(t, dir+"/"+name, []byte("new"))
	}
	wantFile(t, dir+"/old", []byte("old and longer"))
	wantNames(t, dir, "dangling", "folder", "link", "old", "src")
}

func TestCopyRefusesAFileOntoALinkToIt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	content := []byte("precious")
	writeFile(t, "file", content)
	os.Mkdir("sub", 0o755)
	symlink(t, "file", "soft")
	symlink(t, "..", "sub/up")
	for _, dst := range []string{"soft", "sub/up", "sub/up/file"} {
		mustRefuse(t, "are the same file", "file", dst)
		wantFile(t, "file", content)
	}
	mustRefuse(t, "are the same file", "soft", "file") // would leave a link to itself
	wantFile(t, "file", content)
	if to, _ := os.Readlink("soft"); to != "file" {
		t.Errorf("soft leads to %q", to)
	}
	wantNames(t, dir, "file", "soft", "sub")
}

func TestCopyRefusesAFolderIntoALinkToIt(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "tree/sub/file", []byte("x"))
	symlink(t, filepath.FromSlash("tree/sub"), "shortcut")
	for _, dst := range []string{"shortcut", "shortcut/new"} {
		mustRefuse(t, "into itself", "tree", dst)
	}
	wantNames(t, "tree", "sub")
	wantNames(t, "tree/sub", "file")
}

func TestCopyRefusesALinkInPlaceOfAFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "tree/name", []byte("x"))
	os.Mkdir("into", 0o755)
	os.Mkdir("other", 0o755)
	symlink(t, filepath.FromSlash("../other"), "into/tree")
	mustRefuse(t, "is a link, not a folder", "tree", "into")
	wantNames(t, "other")
}
