// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sparseFile makes a file with pieces of data in it, and skips the test if the file system
// makes no holes.
func sparseFile(t *testing.T, name string, size int64, pieces map[int64][]byte) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	for at, b := range pieces {
		if _, err := f.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
	}
	f.Sync()
	if info, err := f.Stat(); err != nil || !isSparse(info) {
		t.Skipf("this file system makes no holes (%v)", err)
	}
}

func room(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

func TestCopyKeepsHoles(t *testing.T) {
	const size = 1<<40 + 12345 // no machine reads that in the time of a test
	pieces := map[int64][]byte{0: []byte("begin"), 1<<30 + 77: randomBytes(300000), size - 3: []byte("end")}
	for _, args := range [][]string{{}, {"-verify"}, {"-direct", "-block", "64K"}, {"-verify", "-direct"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			dir := t.TempDir()
			if strings.Contains(strings.Join(args, " "), "direct") {
				requireDirect(t, dir)
			}
			sparseFile(t, dir+"/src", size, pieces)
			mustCopy(t, append(args, dir+"/src", dir+"/dst")...)
			info, err := os.Stat(dir + "/dst")
			if err != nil || info.Size() != size {
				t.Fatalf("%v, %v; want %d bytes", info, err, int64(size))
			}
			if got := room(t, dir+"/dst"); got > 1<<20 {
				t.Errorf("the copy takes %d bytes of room", got)
			}
			f, err := os.Open(dir + "/dst")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for at, want := range pieces {
				got := make([]byte, len(want))
				if _, err := f.ReadAt(got, at); err != nil || !bytes.Equal(got, want) {
					t.Errorf("at %d: %v, equal %v", at, err, bytes.Equal(got, want))
				}
			}
		})
	}
}

func TestCopyOfNothingButAHole(t *testing.T) {
	dir := t.TempDir()
	sparseFile(t, dir+"/src", 1<<30, nil)
	mustCopy(t, "-verify", dir+"/src", dir+"/dst")
	info, err := os.Stat(dir + "/dst")
	if err != nil || info.Size() != 1<<30 || room(t, dir+"/dst") > 1<<16 {
		t.Errorf("%v, %v, room %d", info, err, room(t, dir+"/dst"))
	}
}

// Data where the source has a hole is a difference too.
func TestVerifyFindsDataInAHole(t *testing.T) {
	dir := t.TempDir()
	sparseFile(t, dir+"/src", 10<<20, map[int64][]byte{0: []byte("x")})
	f := newCopy(t, "-verify")
	f.written = func(name string) { flip(t, name, 7777777) }
	code, _, stderr := copyWith(t.Context(), f, dir+"/src", dir+"/dst")
	if code != exitFailed || !strings.Contains(stderr, "differs from byte 7777777 on") {
		t.Errorf("status %d, stderr %q", code, stderr)
	}
}

func TestCopyReadsFilesThatSayTheyAreEmpty(t *testing.T) {
	for _, name := range []string{"/proc/filesystems", "/proc/crypto"} { // less and more than a block of 8K
		content, err := os.ReadFile(name)
		if err != nil {
			t.Skipf("no file that claims to be empty here: %v", err)
		}
		for _, args := range [][]string{nil, {"-block", "8K"}, {"-block", "8K", "-verify"}} {
			dst := t.TempDir() + "/copy"
			mustCopy(t, append(args, name, dst)...)
			wantFile(t, dst, content)
		}
	}
}

func TestCopySkipsPipesAndSockets(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src/file", []byte("x"))
	if err := syscall.Mkfifo(dir+"/src/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, "pipe is a named pipe: not copied", dir+"/src", dir+"/dst")
	wantNames(t, dir+"/dst", "file")
	mustRefuse(t, "/dev/null is a device: not copied", "/dev/null", dir+"/null")
}

// nobody returns the command set up to run as a user without rights, in a folder that he
// may write.
func nobody(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		return asProcess(args...)
	}
	// Both the test binary and the folders of a test are where only their owner may enter.
	dir := t.TempDir()
	os.Chmod(filepath.Dir(dir), 0o755)
	bin := dir + "/iocp"
	if out, err := exec.Command("cp", os.Args[0], bin).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := asProcess(args...)
	cmd.Path = bin
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return cmd
}

func TestCopyReportsWhatItMayNotReadAndCopiesTheRest(t *testing.T) {
	requireEngine(t)
	dir := t.TempDir()
	for _, name := range []string{"readable", "secret", "closed/file", "sub/other"} {
		writeFile(t, dir+"/src/"+name, []byte(name))
	}
	os.Chmod(dir+"/src/secret", 0)
	os.Chmod(dir+"/src/closed", 0)
	t.Cleanup(func() { os.Chmod(dir+"/src/closed", 0o755) })
	os.Mkdir(dir+"/into", 0o777)
	os.Chmod(dir+"/into", 0o777)
	var stdout, stderr bytes.Buffer
	cmd := nobody(t, "copy", dir+"/src", dir+"/into")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Fatalf("%v, stdout %q, stderr %q", err, &stdout, &stderr)
	}
	for _, want := range []string{"src/secret: permission denied; run as a user who may", "src/closed: permission denied"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in %q", want, &stderr)
		}
	}
	if !strings.Contains(stdout.String(), "copied 2 files") || !strings.Contains(stdout.String(), "2 failed") {
		t.Errorf("summary %q", &stdout)
	}
	wantFile(t, dir+"/into/src/readable", []byte("readable"))
	wantFile(t, dir+"/into/src/sub/other", []byte("sub/other"))
	wantNames(t, dir+"/into/src", "readable", "sub")
}

func TestCopyIntoAFolderThatMayNotBeWritten(t *testing.T) {
	requireEngine(t)
	dir := t.TempDir()
	writeFile(t, dir+"/file", []byte("x"))
	os.Mkdir(dir+"/shut", 0o555)
	cmd := nobody(t, "copy", dir+"/file", dir+"/shut")
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(dir+"/shut/")) || !bytes.Contains(out, []byte("permission denied")) {
		t.Errorf("%v: %s", err, out)
	}
	wantNames(t, dir+"/shut")
}

// The bits that lend a program its owner's rights are lost with the owner.
func TestCopyKeepsSetuidOnlyWithTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a file of somebody else")
	}
	dir := t.TempDir()
	for name, uid := range map[string]int{"own": 0, "foreign": 65534} {
		writeFile(t, dir+"/src/"+name, []byte("#!"))
		os.Chown(dir+"/src/"+name, uid, -1)
		os.Chmod(dir+"/src/"+name, 0o755|fs.ModeSetuid)
	}
	mustCopy(t, dir+"/src", dir+"/dst")
	for name, want := range map[string]fs.FileMode{"own": 0o755 | fs.ModeSetuid, "foreign": 0o755} {
		if info, err := os.Stat(dir + "/dst/" + name); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, want %v (%v)", name, info.Mode(), want, err)
		}
	}
}

// smallDevice mounts a file system of that size, or skips the test.
func smallDevice(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// cloningDevice mounts a file system that can share blocks, or skips the test.
func cloningDevice(t *testing.T) string {
	t.Helper()
	mkfs, err := exec.LookPath("mkfs.btrfs")
	if err != nil {
		t.Skipf("no file system that shares blocks can be made here: %v", err)
	}
	image, dir := t.TempDir()+"/image", t.TempDir()
	writeFile(t, image, nil)
	os.Truncate(image, 256<<20)
	if out, err := exec.Command(mkfs, image).CombinedOutput(); err != nil {
		t.Skipf("mkfs.btrfs: %v: %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Skipf("no image can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	return dir
}

// used returns how many bytes of the file system of dir are taken.
func used(t *testing.T, dir string) int64 {
	t.Helper()
	unix.Sync()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Blocks-st.Bfree) * int64(st.Bsize)
}

func TestCopySharesBlocksWhereTheFileSystemCan(t *testing.T) {
	dir := cloningDevice(t)
	const size = 32<<20 + 5
	content := randomBytes(size)
	writeFile(t, dir+"/src", content)
	before := used(t, dir)
	mustCopy(t, "-verify", dir+"/src", dir+"/clone")
	wantFile(t, dir+"/clone", content)
	if grown := used(t, dir) - before; grown > size/2 {
		t.Errorf("the copy took %d bytes of room", grown)
	}
	before = used(t, dir)
	mustCopy(t, "-clone=false", "-verify", dir+"/src", dir+"/copy")
	wantFile(t, dir+"/copy", content)
	if grown := used(t, dir) - before; grown < size/2 {
		t.Errorf("with -clone=false the copy took only %d bytes of room", grown)
	}
	mustCopy(t, "-direct", "-clone=false", dir+"/src", dir+"/direct")
	wantFile(t, dir+"/direct", content)
	sparseFile(t, dir+"/sparse", 1<<30, map[int64][]byte{1 << 29: []byte("x")})
	mustCopy(t, "-clone=false", "-verify", dir+"/sparse", dir+"/sparse2")
}

func TestCopyOntoAFullDeviceLeavesNothingBehind(t *testing.T) {
	for _, block := range []string{"8K", "1M"} { // with and without making room first
		leakCheck(t)
		dir := t.TempDir()
		writeFile(t, dir+"/src/big", randomBytes(2<<20))
		small := smallDevice(t, 1024)
		mustRefuse(t, "make room on the file system", "-block", block, dir+"/src", small+"/dst")
		wantNames(t, small+"/dst")
	}
}

// A file that takes long to copy is stopped in the middle by a real signal.
func TestSignalStopsACopy(t *testing.T) {
	requireEngine(t)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := t.TempDir()
		f, err := os.Create(dir + "/src")
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Fallocate(int(f.Fd()), 0, 0, 4<<30); err != nil {
			t.Skipf("no room for a large file: %v", err)
		}
		f.Close()
		os.Mkdir(dir+"/dst", 0o755)
		var stdout, stderr bytes.Buffer
		cmd := asProcess("copy", "-block", "8K", "-depth", "1", dir+"/src", dir+"/dst")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the copy to begin", func() bool {
			entries, _ := os.ReadDir(dir + "/dst")
			return len(entries) > 0
		})
		cmd.Process.Signal(sig)
		done := make(chan int, 1)
		go func() {
			cmd.Wait()
			done <- cmd.ProcessState.ExitCode()
		}()
		if code := waitFor(t, "the copy to stop", done); code != exitInterrupted {
			t.Errorf("%v: exit status %d, want %d", sig, code, exitInterrupted)
		}
		if !strings.Contains(stderr.String(), "1 copy incomplete and removed: "+dir+"/src") {
			t.Errorf("%v: stderr %q, stdout %q", sig, &stderr, &stdout)
		}
		wantNames(t, dir+"/dst")
	}
}

// terminal returns both ends of a pseudo terminal (pty(7)).
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func TestCopyShowsProgressOnATerminalOnly(t *testing.T) {
	leakCheck(t)
	dir := t.TempDir()
	writeFile(t, dir+"/src", randomBytes(100000))
	master, slave := terminal(t)
	screen := new(lockedBuffer)
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			screen.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	f := newCopy(t)
	f.written = func(string) { // the copy lasts until the progress was seen
		eventually(t, "the progress to be shown", func() bool { return strings.Contains(screen.String(), "copying") })
	}
	var out bytes.Buffer
	err := f.run(context.Background(), []string{dir + "/src", dir + "/dst"}, output{&out, slave})
	if err != nil || !strings.Contains(out.String(), "copied 1 file") {
		t.Errorf("%v, stdout %q, screen %q", err, &out, screen)
	}

	f = newCopy(t, "-quiet")
	before := len(screen.String())
	if err := f.run(context.Background(), []string{dir + "/src", dir + "/dst2"}, output{&out, slave}); err != nil {
		t.Error(err)
	}
	if after := screen.String(); len(after) != before && strings.Contains(after[before:], "copying") {
		t.Errorf("-quiet showed %q", after[before:])
	}
}

func TestNoProgressWithoutATerminal(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src", randomBytes(100000))
	name := dir + "/stderr"
	stderr, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	f := newCopy(t)
	f.written = func(string) { <-time.After(300 * time.Millisecond) } // three times the rate of the progress
	if err := f.run(context.Background(), []string{dir + "/src", dir + "/dst"}, output{new(bytes.Buffer), stderr}); err != nil {
		t.Error(err)
	}
	wantFile(t, name, nil)
}
