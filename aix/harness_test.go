// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

func TestMain(m *testing.M) {
	if engines := iocp.Engines(); !slices.ContainsFunc(engines, func(e iocp.EngineInfo) bool { return e.Err == nil }) {
		println("skip: all tests: " + engines[0].Err.Error())
		os.Exit(0)
	}
	if err := warmUp(); err != nil {
		println("a first request fails: " + err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// warmUp does what opens descriptors once in the life of a process: the network poller, and the
// port of requests that name none.
func warmUp() error {
	fd, err := unix.MemfdCreate("warm up", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	cb := &AIOCB{Fildes: HANDLE(fd), Buf: make([]byte, 1)}
	if err := AioWrite(cb); err != nil {
		return err
	}
	return AioSuspend([]*AIOCB{cb}, -1)
}

// stepLimit is how many milliseconds something that must happen may take.
const stepLimit = 10_000

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t testing.TB, err, want error) {
	t.Helper()
	if err != want {
		t.Fatalf("%v, want %v", err, want)
	}
}

func testPort(t testing.TB) HANDLE {
	t.Helper()
	h, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)
	ok(t, err)
	t.Cleanup(func() { Close(h) })
	return h
}

// connection returns a connected TCP socket for the test to close, and its peer.
func connection(t testing.TB) (h HANDLE, peer int) {
	t.Helper()
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	defer unix.Close(l)
	ok(t, unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	ok(t, unix.Listen(l, 1))
	sa, err := unix.Getsockname(l)
	ok(t, err)
	peer, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	t.Cleanup(func() { unix.Close(peer) })
	ok(t, unix.Connect(peer, sa))
	name, err := unix.Getsockname(peer)
	ok(t, err)
	for {
		fd, from, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
		ok(t, err)
		if from.(*unix.SockaddrInet4).Port == name.(*unix.SockaddrInet4).Port {
			return HANDLE(fd), peer
		}
		unix.Close(fd) // somebody else's, who looks for a port that nobody listens on
	}
}

func testFile(t testing.TB, content string) HANDLE {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(name, []byte(content), 0o666))
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0)
	ok(t, err)
	return HANDLE(fd)
}

func associate(t testing.TB, h, port HANDLE, key uint32) {
	t.Helper()
	_, err := CreateIoCompletionPort(h, port, key, 0)
	ok(t, err)
}

// aloft moves h to a number that nobody gets when it is free again: the system gives the lowest, and
// a test that closes h and wants the number back would find somebody else there, such as the
// other end of its own connection.
func aloft(t testing.TB, h HANDLE) HANDLE {
	t.Helper()
	high, err := unix.FcntlInt(uintptr(h), unix.F_DUPFD_CLOEXEC, 500)
	ok(t, err)
	ok(t, unix.Close(int(h)))
	return HANDLE(high)
}

// renumber gives h the number of old, which is closed by that if it is open.
func renumber(t testing.TB, h, old HANDLE) {
	t.Helper()
	ok(t, unix.Dup3(int(h), int(old), unix.O_CLOEXEC))
	ok(t, unix.Close(int(h)))
}

// take takes a packet.
func take(t testing.TB, port HANDLE) (k packet, err error) {
	t.Helper()
	err = GetQueuedCompletionStatus(port, &k.count, &k.key, &k.ov, stepLimit)
	if k.ov == nil && err != nil {
		t.Fatalf("no packet: %v", err)
	}
	return k, err
}

// eventually waits until cond is true.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > stepLimit*time.Millisecond {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func openFiles() int { return len(fileNames()) }

// fileNames tells what every open descriptor refers to.
func fileNames() (all []string) {
	const dir = "/proc/self/fd/"
	names, _ := os.ReadDir(dir)
	for _, n := range names {
		if target, err := os.Readlink(dir + n.Name()); err == nil { // else it has read the directory
			all = append(all, n.Name()+"="+target)
		}
	}
	return all
}
