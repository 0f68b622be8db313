// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp"
)

// newCopy returns the flags of a copy as args set them, for tests that put something in
// between.
func newCopy(t *testing.T, args ...string) *copyFlags {
	t.Helper()
	requireEngine(t)
	var f copyFlags
	set := flag.NewFlagSet("copy", flag.ContinueOnError)
	f.declare(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &f
}

// copyWith runs a copy made by newCopy.
func copyWith(ctx context.Context, f *copyFlags, operands ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = status("copy", f.run(ctx, operands, output{&out, &err}), &err)
	return code, out.String(), err.String()
}

// mustCopy runs a copy that has to succeed without a word on standard error.
func mustCopy(t *testing.T, args ...string) string {
	t.Helper()
	requireEngine(t)
	status, stdout, stderr := runCommand(append([]string{"copy"}, args...)...)
	if status != 0 || stderr != "" {
		t.Fatalf("copy %v: status %d, stderr %q", args, status, stderr)
	}
	return stdout
}

// mustRefuse runs a copy that has to fail, with want in what it says.
func mustRefuse(t *testing.T, want string, args ...string) {
	t.Helper()
	requireEngine(t)
	status, _, stderr := runCommand(append([]string{"copy"}, args...)...)
	if status != exitFailed || !strings.Contains(stderr, want) {
		t.Errorf("copy %v: status %d, stderr %q; want 1 and %q", args, status, stderr, want)
	}
}

func wantFile(t *testing.T, name string, content []byte) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	if !bytes.Equal(got, content) {
		t.Errorf("%s has %d bytes, want %d; equal: false", name, len(got), len(content))
	}
}

// wantNames fails the test unless the folder holds exactly these names: above all, no
// temporary files.
func wantNames(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

// sizes are those at which a copy may go wrong: none, less than a unit of direct I/O, a
// whole block and its neighbours, many blocks.
var sizes = []int{0, 1, 511, 4095, 4096, 4097, 8191, 8192, 8193, 65536, 100000, 1<<20 - 1, 1 << 20, 3<<20 + 5}

func TestCopyReportsEachFailureOnALine(t *testing.T) {
	requireEngine(t)
	leakCheck(t)
	name := filepath.Join(t.TempDir(), "two\nlines, \x1b[31mred, \xff, \"grün\"")
	status, _, stderr := runCommand("copy", name, name+"2")
	if status != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, `two\nlines, \x1b[31mred, \xff, "grün"`) {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

func TestCopyIsExactForEverySize(t *testing.T) {
	leakCheck(t)
	src := t.TempDir()
	for _, size := range sizes {
		writeFile(t, fmt.Sprintf("%s/%d", src, size), randomBytes(size))
	}
	for _, args := range [][]string{
		{}, {"-block", "8K"}, {"-block", "64K", "-depth", "1"}, {"-depth", "3", "-verify"}, {"-clone=false", "-workers", "1"},
		{"-direct"}, {"-direct", "-block", "8K", "-verify"}, {"-direct", "-block", "64K", "-depth", "2"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			dst := t.TempDir()
			if len(args) > 0 && args[0] == "-direct" {
				requireDirect(t, dst)
			}
			out := mustCopy(t, append(args, src, dst+"/copy")...)
			if want := fmt.Sprintf("copied %d files, 1 folder, 0 links", len(sizes)); !strings.HasPrefix(out, want) {
				t.Errorf("summary %q, want %q", out, want)
			}
			for _, size := range sizes {
				wantFile(t, fmt.Sprintf("%s/copy/%d", dst, size), randomBytes(size))
			}
		})
	}
}

// requireDirect skips a test on a file system without direct I/O.
func requireDirect(t *testing.T, dir string) {
	t.Helper()
	f, err := iocp.OpenFile(dir+"/direct", os.O_CREATE|os.O_RDWR|iocp.ODirect, 0o600)
	if err != nil {
		t.Skipf("no direct I/O here: %v", err)
	}
	f.Close()
	os.Remove(dir + "/direct")
}

func TestCopyKeepsModesAndTimes(t *testing.T) {
	dir := t.TempDir()
	old := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	writeFile(t, dir+"/src/sub/file", []byte("x"))
	writeFile(t, dir+"/src/locked/file", []byte("y"))
	for name, mode := range map[string]fs.FileMode{"sub/file": 0o640, "locked/file": 0o400, "locked": 0o555, "sub": 0o751 | fs.ModeSticky} {
		name = dir + "/src/" + name
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		os.Chmod(dir+"/src/locked", 0o755)
		os.Chmod(dir+"/dst/locked", 0o755)
	})
	mustCopy(t, dir+"/src", dir+"/dst")
	for _, name := range []string{"sub/file", "locked/file", "locked", "sub"} {
		a, _ := os.Stat(dir + "/src/" + name)
		b, err := os.Stat(dir + "/dst/" + name)
		if err != nil || a.Mode() != b.Mode() || !a.ModTime().Equal(b.ModTime()) {
			t.Errorf("%s: %v %v became %v (%v)", name, a.Mode(), a.ModTime(), b, err)
		}
	}
}

func TestCopyChoosesTheTargetAsCpDoes(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "a/one", []byte("1"))
	writeFile(t, "a/sub/two", []byte("2"))
	writeFile(t, "b", []byte("3"))
	os.Mkdir("into", 0o755)

	mustCopy(t, "b", "new")
	wantFile(t, "new", []byte("3"))
	mustCopy(t, "b", "into")
	wantFile(t, "into/b", []byte("3"))
	mustCopy(t, "a", "b", "into")
	wantFile(t, "into/a/sub/two", []byte("2"))
	mustCopy(t, "a/", "made")
	wantFile(t, "made/sub/two", []byte("2"))
	os.Mkdir("merged", 0o755)
	mustCopy(t, "a/.", "merged")
	wantFile(t, "merged/one", []byte("1"))
	t.Chdir("a/sub")
	mustCopy(t, "..", "../../merged/deep")
	wantFile(t, dir+"/merged/deep/one", []byte("1"))
}

func TestCopyReplacesWhatIsThereButNeverWritesThroughIt(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src", []byte("new"))
	writeFile(t, dir+"/dst", []byte("old and longer"))
	os.Link(dir+"/dst", dir+"/other-name")
	mustCopy(t, dir+"/src", dir+"/dst")
	wantFile(t, dir+"/dst", []byte("new"))
	wantFile(t, dir+"/other-name", []byte("old and longer"))
}

func TestCopyReplacesAFileThatMayNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src", []byte("new"))
	writeFile(t, dir+"/dst", []byte("old"))
	if err := os.Chmod(dir+"/dst", 0o444); err != nil {
		t.Fatal(err)
	}
	mustCopy(t, dir+"/src", dir+"/dst")
	wantFile(t, dir+"/dst", []byte("new"))
	wantNames(t, dir, "dst", "src")
}

func TestCopyRefusesAFileOntoItself(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	content := []byte("precious")
	writeFile(t, "file", content)
	os.Link("file", "hard")
	os.Mkdir("sub", 0o755)
	for _, dst := range []string{"file", "./file", "hard", ".", "sub/../hard", dir} {
		mustRefuse(t, "are the same file", "file", dst)
		wantFile(t, "file", content)
	}
	wantNames(t, dir, "file", "hard", "sub")
}

func TestCopyRefusesAFolderIntoItself(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "tree/sub/file", []byte("x"))
	os.Mkdir("elsewhere", 0o755)
	for _, dst := range []string{"tree", "tree/new", "tree/sub", "tree/sub/new/deep", ".", "elsewhere/../tree/x"} {
		mustRefuse(t, "into itself", "tree", dst)
	}
	mustRefuse(t, "into itself", ".", "elsewhere")
	wantNames(t, "tree", "sub")
	wantNames(t, "tree/sub", "file")
	mustCopy(t, "tree", "treehouse") // a common prefix is no folder
	wantFile(t, "treehouse/sub/file", []byte("x"))
}

func TestCopyRefusesTargetsThatAreSomethingElse(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "file", []byte("x"))
	writeFile(t, "tree/name", []byte("x"))
	os.MkdirAll("into/file/full", 0o755)
	mustRefuse(t, "is a folder, not a file", "file", "into")
	mustRefuse(t, "is a file, not a folder", "tree", "file")
	mustRefuse(t, "is a device, not a file", "file", os.DevNull)
	if info, err := os.Lstat(os.DevNull); err != nil || info.Mode().Type()&fs.ModeDevice == 0 {
		t.Fatalf("%s has become %v, %v", os.DevNull, info, err)
	}
	mustRefuse(t, "is not a folder", "file", "tree", "new")
	mustRefuse(t, notThere(t), "missing", "new")
	mustRefuse(t, "make the folder", "tree", "no/such")
	mustRefuse(t, "no/such/dir", "file", "no/such/dir")
	wantNames(t, ".", "file", "into", "tree")
}

// notThere is what the system says of a name that nothing has.
func notThere(t *testing.T) string {
	t.Helper()
	_, err := os.Lstat(t.TempDir() + "/missing")
	var path *fs.PathError
	if !errors.As(err, &path) {
		t.Fatal(err)
	}
	return path.Err.Error()
}

func TestCopyRefusesTwoSourcesOfOneName(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "a/name", []byte("first"))
	writeFile(t, "b/name", []byte("second"))
	os.Mkdir("dst", 0o755)
	mustRefuse(t, "would overwrite the copy of a/name", "a/name", "b/name", "dst")
	wantFile(t, "dst/name", []byte("first"))
}

func TestCopyOfAManyFilesIsComplete(t *testing.T) {
	leakCheck(t)
	dir, n := t.TempDir(), 1000
	if testing.Short() {
		n = 200
	}
	for i := range n {
		writeFile(t, fmt.Sprintf("%s/src/%d/%d", dir, i%10, i), fmt.Appendf(nil, "file %d", i))
	}
	mustCopy(t, "-depth", "4", dir+"/src", dir+"/dst")
	for i := range n {
		wantFile(t, fmt.Sprintf("%s/dst/%d/%d", dir, i%10, i), fmt.Appendf(nil, "file %d", i))
	}
}

func TestCopySaysWhatChangedMeanwhile(t *testing.T) {
	for name, test := range map[string]struct {
		to   int // thousandths of the size; 0 is nothing, -1 only touches
		want string
		left int // thousandths of what the copy has
	}{
		"shrinks":    {350, "shrank from %d to %d bytes", 350},
		"vanishes":   {0, "shrank from %d to %d bytes", 0},
		"grows":      {1500, "grew from %d to %d bytes", 1000},
		"is touched": {-1, "was written to", 1000},
	} {
		for size, args := range map[int][]string{
			2000:   nil,
			200000: {"-block", "8K"},
			300000: {"-verify"},
			400000: {"-direct", "-block", "64K"},
		} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				leakCheck(t)
				dir := t.TempDir()
				if slices.Contains(args, "-direct") {
					requireDirect(t, dir)
				}
				content := randomBytes(size)
				writeFile(t, dir+"/src", content)
				f := newCopy(t, append(args, "-clone=false")...)
				want := test.want
				f.opened = func(name string) { os.Chtimes(name, time.Time{}, time.Unix(1, 0)) }
				if test.to >= 0 {
					want = fmt.Sprintf(test.want, size, size*test.to/1000)
					f.opened = func(name string) { os.Truncate(name, int64(size*test.to/1000)) }
				}
				code, stdout, stderr := copyWith(t.Context(), f, dir+"/src", dir+"/dst")
				if code != exitFailed || !strings.Contains(stderr, want) || !strings.Contains(stdout, "1 changed meanwhile") {
					t.Errorf("status %d, stdout %q, stderr %q; want %q", code, stdout, stderr, want)
				}
				wantFile(t, dir+"/dst", content[:size*test.left/1000])
			})
		}
	}
}

func TestInterruptedCopyRemovesWhatIsIncompleteAndSaysWhatIsLeft(t *testing.T) {
	leakCheck(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for i := range 40 {
		writeFile(t, fmt.Sprintf("src/%02d", i), randomBytes(100000))
	}
	writeFile(t, "last", nil)
	os.Mkdir("dst", 0o755)
	ctx, cancel := context.WithCancel(t.Context())
	f := newCopy(t, "-depth", "1", "-verify")
	n := 0
	f.written = func(string) { // with one block there is one file at a time
		if n++; n == 4 {
			cancel()
		}
	}
	code, stdout, stderr := copyWith(ctx, f, "src", "last", "dst")
	if code != exitInterrupted {
		t.Errorf("status %d, want %d", code, exitInterrupted)
	}
	for _, want := range []string{"1 copy incomplete and removed: " + filepath.FromSlash("src/"), "not begun: ", "and 2"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %q", want, stderr)
		}
	}
	if !strings.Contains(stdout, "copied 3 files") || !strings.Contains(stdout, "1 interrupted; 37 not begun") {
		t.Errorf("summary %q", stdout)
	}
	wantNames(t, "dst", "src")
	entries, _ := os.ReadDir("dst/src")
	if len(entries) != 3 {
		t.Errorf("%d files in the target, want the 3 that were complete", len(entries))
	}
}

func TestCopySummaryCountsAndQuietIsQuiet(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src/file", randomBytes(1<<20+1<<19))
	out := mustCopy(t, "-verify", dir+"/src", dir+"/dst")
	for _, want := range []string{"copied 1 file, 1 folder, 0 links: 1.5 MiB in ", ", verified"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	if out := mustCopy(t, "-quiet", dir+"/src/file", dir+"/again"); out != "" {
		t.Errorf("-quiet printed %q", out)
	}
}

func TestBlocksNeverTakeMoreMemoryThanTold(t *testing.T) {
	p := newBlocks(3, 8192)
	var taken []*block
	for range 3 {
		taken = append(taken, p.take())
	}
	waiting := make(chan *block)
	go func() { waiting <- p.take() }()
	select {
	case <-waiting:
		t.Fatal("a fourth block was made")
	case <-time.After(10 * time.Millisecond):
	}
	p.put(taken[1])
	if b := waitFor(t, "the block that was given back", waiting); b != taken[1] {
		t.Error("another block was made than the one given back")
	}
}

func Example_copy() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.WriteFile(filepath.Join(dir, "a"), []byte("the content"), 0o600)
	status := run(context.Background(), []string{"copy", "-quiet", filepath.Join(dir, "a"), filepath.Join(dir, "b")}, output{os.Stdout, os.Stderr})
	b, _ := os.ReadFile(filepath.Join(dir, "b"))
	fmt.Printf("%d %s\n", status, b)
	// Output: 0 the content
}
