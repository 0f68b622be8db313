// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// A file that another program keeps for itself is reported, and the rest is copied.
func TestCopyReportsWhatOthersHaveOpenAndCopiesTheRest(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src/kept", []byte("x"))
	writeFile(t, dir+"/src/sub/other", []byte("other"))
	name, err := windows.UTF16PtrFromString(dir + "/src/kept")
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	mustRefuse(t, "close the program that has it open", dir+"/src", dir+"/dst")
	wantFile(t, dir+"/dst/sub/other", []byte("other"))
	wantNames(t, dir+"/dst", "sub")
}

// Names that differ in the case of letters alone are one name.
func TestCopyRefusesTwoSourcesOfOneNameInOtherLetters(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "a/name", []byte("first"))
	writeFile(t, "b/NAME", []byte("second"))
	os.Mkdir("dst", 0o755)
	mustRefuse(t, "would overwrite the copy of a/name", "a/name", "b/NAME", "dst")
	wantFile(t, "dst/name", []byte("first"))
}

func TestCopyRefusesDevices(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "file", []byte("x"))
	os.Mkdir("sub", 0o755)
	mustRefuse(t, "is a device: not copied", "NUL", "copy")
	for _, dst := range []string{"NUL", "nul", `sub\NUL`, `\\.\NUL`} {
		mustRefuse(t, "is a device, not a file", "file", dst)
	}
	for _, dst := range []string{"CON", "CONOUT$"} { // which nobody has without a console
		mustRefuse(t, dst, "file", dst)
	}
	wantNames(t, ".", "file", "sub")
	wantNames(t, "sub")
}

// A file that takes long to copy is stopped in the middle by Ctrl-Break.
func TestInterruptStopsACopy(t *testing.T) {
	requireEngine(t)
	dir := t.TempDir()
	writeFile(t, dir+"/src", nil)
	if err := os.Truncate(dir+"/src", 4<<30); err != nil {
		t.Skipf("no room for a large file: %v", err)
	}
	os.Mkdir(dir+"/dst", 0o755)
	var stdout, stderr bytes.Buffer
	cmd := asProcess("copy", "-block", "8K", "-depth", "1", dir+"/src", dir+"/dst")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	eventually(t, "the copy to begin", func() bool {
		entries, _ := os.ReadDir(dir + "/dst")
		return len(entries) > 0
	})
	send(t, cmd.Process, os.Interrupt)
	done := make(chan int, 1)
	go func() {
		cmd.Wait()
		done <- cmd.ProcessState.ExitCode()
	}()
	if code := waitFor(t, "the copy to stop", done); code != exitInterrupted {
		t.Errorf("exit status %d, want %d", code, exitInterrupted)
	}
	if !strings.Contains(stderr.String(), "1 copy incomplete and removed: "+dir+"/src") {
		t.Errorf("stderr %q, stdout %q", &stderr, &stdout)
	}
	wantNames(t, dir+"/dst")
}
