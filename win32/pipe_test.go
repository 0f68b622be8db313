// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// pipePair makes both ends of a pipe of the test's own.
func pipePair(t testing.TB, openMode, pipeMode, quota uint32) (server, client HANDLE) {
	t.Helper()
	name := `\\.\pipe\` + t.Name()
	server, err := CreateNamedPipe(name, PIPE_ACCESS_DUPLEX|openMode, pipeMode, PIPE_UNLIMITED_INSTANCES, quota, quota, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(server) })
	client, err = CreateFile(name, GENERIC_READ|GENERIC_WRITE, 0, OPEN_EXISTING, openMode, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(client) })
	return server, client
}

func TestEveryStatusOfPipesHasACode(t *testing.T) {
	for _, s := range []NTSTATUS{STATUS_BUFFER_TOO_SMALL, STATUS_FILE_FORCED_CLOSED, STATUS_INVALID_READ_MODE,
		STATUS_PIPE_EMPTY, STATUS_INSTANCE_NOT_AVAILABLE, STATUS_ILLEGAL_FUNCTION} {
		if s.Errno() == ERROR_MR_MID_NOT_FOUND {
			t.Errorf("%v has no code", s)
		}
	}
}

// A handle that was not opened for overlapped I/O waits, with and without an OVERLAPPED, and
// sends no packet.
func TestPipeThatWaits(t *testing.T) {
	server, client := pipePair(t, 0, PIPE_TYPE_MESSAGE|PIPE_READMODE_MESSAGE, 0)
	var wg sync.WaitGroup
	for _, ov := range []*OVERLAPPED{nil, new(OVERLAPPED)} {
		wg.Go(func() {
			if err := WriteFile(client, []byte("hello"), nil, ov); err != nil {
				t.Error(err)
			}
		})
		buf := make([]byte, 3)
		var n uint32
		if err := ReadFile(server, buf, &n, ov); err != ERROR_MORE_DATA || n != 3 {
			t.Fatal(err, n)
		}
		if err := ReadFile(server, buf, &n, ov); err != nil || n != 2 {
			t.Fatal(err, n)
		}
		wg.Wait()
	}
	wg.Go(func() { CloseHandle(client) })
	if err := ReadFile(server, make([]byte, 1), nil, nil); err != ERROR_BROKEN_PIPE {
		t.Fatal(err)
	}
	wg.Wait()
}

func TestFlushOfPipeWaits(t *testing.T) {
	server, client := pipePair(t, FILE_FLAG_OVERLAPPED, 0, 10)
	if err := WriteFile(client, []byte("abc"), nil, new(OVERLAPPED)); err != nil {
		t.Fatal(err)
	}
	flushed := make(chan error)
	go func() { flushed <- FlushFileBuffers(client) }()
	for range 100 {
		runtime.Gosched()
	}
	select {
	case err := <-flushed:
		t.Fatal("the flush did not wait: ", err)
	default:
	}
	if err := ReadFile(server, make([]byte, 3), nil, new(OVERLAPPED)); err != nil {
		t.Fatal(err)
	}
	if err := <-flushed; err != nil {
		t.Fatal(err)
	}
}

func TestAnonymousPipe(t *testing.T) {
	var r, w HANDLE
	if err := CreatePipe(&r, &w, 0); err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(r)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := WriteFile(w, make([]byte, 10000), nil, nil); err != nil {
			t.Error(err)
		}
		CloseHandle(w)
	})
	total := uint32(0)
	for {
		var n uint32
		if err := ReadFile(r, make([]byte, 999), &n, nil); err != nil {
			expectErr(t, err, ERROR_BROKEN_PIPE)
			break
		}
		total += n
	}
	wg.Wait()
	if total != 10000 {
		t.Fatalf("read %d bytes", total)
	}
	expectErr(t, WriteFile(r, nil, nil, nil), ERROR_ACCESS_DENIED)
	_, err := CreateIoCompletionPort(r, 0, 0, 0)
	expectErr(t, err, ERROR_INVALID_PARAMETER)
}

func TestCallNamedPipe(t *testing.T) {
	name := `\\.\pipe\call`
	server, err := CreateNamedPipe(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE|PIPE_READMODE_MESSAGE, 1, 100, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(server)
	var wg sync.WaitGroup
	for _, n := range []int{3, 5} {
		wg.Go(func() {
			if err := ConnectNamedPipe(server, nil); err != nil && err != ERROR_PIPE_CONNECTED {
				t.Error(err)
			}
			buf := make([]byte, 10)
			if err := ReadFile(server, buf, nil, nil); err != nil {
				t.Error(err)
			}
			if err := WriteFile(server, []byte("answer")[:n], nil, nil); err != nil {
				t.Error(err)
			}
			FlushFileBuffers(server)
			DisconnectNamedPipe(server)
		})
		buf := make([]byte, 4)
		var got uint32
		err := CallNamedPipe(name, []byte("question"), buf, &got, NMPWAIT_WAIT_FOREVER)
		if n <= len(buf) {
			expectErr(t, err, 0)
		} else {
			expectErr(t, err, ERROR_MORE_DATA)
		}
		if int(got) != min(n, len(buf)) || string(buf[:got]) != "answer"[:got] {
			t.Fatalf("%q", buf[:got])
		}
		wg.Wait()
	}
	expectErr(t, CallNamedPipe(name, nil, nil, nil, NMPWAIT_NOWAIT), ERROR_PIPE_BUSY)
	expectErr(t, CallNamedPipe(name, nil, nil, nil, 2), ERROR_SEM_TIMEOUT)
	expectErr(t, CallNamedPipe("call", nil, nil, nil, 1), ERROR_INVALID_NAME)
	expectErr(t, CallNamedPipe(`\\.\pipe\none`, nil, nil, nil, 1), ERROR_FILE_NOT_FOUND)
}

func TestNamedPipeArguments(t *testing.T) {
	for _, c := range []struct {
		name             string
		open, mode, most uint32
		want             Errno
	}{
		{"", PIPE_ACCESS_DUPLEX, 0, 1, ERROR_PATH_NOT_FOUND},
		{"not a pipe", PIPE_ACCESS_DUPLEX, 0, 1, ERROR_INVALID_NAME},
		{`\\.\pipe\`, PIPE_ACCESS_DUPLEX, 0, 1, ERROR_INVALID_NAME},
		{`\\.\pipe\x`, 0, 0, 1, ERROR_INVALID_PARAMETER},
		{`\\.\pipe\x`, 0x10003, 0, 1, ERROR_INVALID_PARAMETER},
		{`\\.\pipe\x`, PIPE_ACCESS_DUPLEX, 0x10, 1, ERROR_INVALID_PARAMETER},
		{`\\.\pipe\x`, PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1, ERROR_INVALID_PARAMETER},
		{`\\.\pipe\x`, PIPE_ACCESS_DUPLEX, 0, 0, ERROR_INVALID_PARAMETER},
		{`\\.\pipe\x`, PIPE_ACCESS_DUPLEX, 0, 256, ERROR_INVALID_PARAMETER},
	} {
		h, err := CreateNamedPipe(c.name, c.open, c.mode, c.most, 1, 1, 0)
		expectErr(t, err, c.want)
		if h != INVALID_HANDLE_VALUE {
			t.Errorf("the handle is %#x", h)
		}
	}
	_, err := CreateFile(`\\.\pipe\x`, GENERIC_READ, 0, OPEN_EXISTING, 0, 0)
	expectErr(t, err, ERROR_FILE_NOT_FOUND)
	expectErr(t, WaitNamedPipe(`\\.\pipe\x`, NMPWAIT_WAIT_FOREVER), ERROR_FILE_NOT_FOUND)
	expectErr(t, WaitNamedPipe(`x`, 0), ERROR_INVALID_NAME)
}

// Every function of pipes and mailslots, with what is no pipe.
func TestPipeFunctionsOnOtherHandles(t *testing.T) {
	file, _ := openManual(t)
	calls := map[string]func(h HANDLE) error{
		"ConnectNamedPipe":        func(h HANDLE) error { return ConnectNamedPipe(h, new(OVERLAPPED)) },
		"DisconnectNamedPipe":     DisconnectNamedPipe,
		"PeekNamedPipe":           func(h HANDLE) error { return PeekNamedPipe(h, nil, nil, nil, nil) },
		"TransactNamedPipe":       func(h HANDLE) error { return TransactNamedPipe(h, nil, nil, nil, new(OVERLAPPED)) },
		"SetNamedPipeHandleState": func(h HANDLE) error { return SetNamedPipeHandleState(h, nil, nil, nil) },
		"GetNamedPipeHandleState": func(h HANDLE) error { return GetNamedPipeHandleState(h, nil, nil, nil, nil) },
		"GetNamedPipeInfo":        func(h HANDLE) error { return GetNamedPipeInfo(h, nil, nil, nil, nil) },
		"GetMailslotInfo":         func(h HANDLE) error { return GetMailslotInfo(h, nil, nil, nil, nil) },
		"SetMailslotInfo":         func(h HANDLE) error { return SetMailslotInfo(h, 0) },
	}
	for name, call := range calls {
		want := ERROR_INVALID_PARAMETER
		switch name {
		case "ConnectNamedPipe", "DisconnectNamedPipe", "PeekNamedPipe", "TransactNamedPipe":
			want = ERROR_INVALID_FUNCTION
		}
		if err := call(file); err != want {
			t.Errorf("%s on a file: %v, want %v", name, err, want)
		}
		for _, h := range []HANDLE{0, INVALID_HANDLE_VALUE, newTestEvent(t, true)} {
			if err := call(h); err != ERROR_INVALID_HANDLE {
				t.Errorf("%s on %#x: %v", name, h, err)
			}
		}
	}
}

func TestPipeInfoAndModes(t *testing.T) {
	name := `\\.\pipe\info`
	server, err := CreateNamedPipe(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 7, 100, 200, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(server)
	client, err := CreateFile(name, GENERIC_READ, 0, OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(client)
	for _, h := range []HANDLE{server, client} {
		var flags, out, in, most uint32
		if err := GetNamedPipeInfo(h, &flags, &out, &in, &most); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(flags, out, in, most)
		if want := map[HANDLE]string{server: "5 100 200 7", client: "4 200 100 7"}[h]; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	mode := uint32(PIPE_READMODE_MESSAGE | PIPE_NOWAIT)
	expectErr(t, SetNamedPipeHandleState(client, &mode, nil, nil), ERROR_ACCESS_DENIED)
	expectErr(t, SetNamedPipeHandleState(server, nil, &mode, nil), ERROR_INVALID_PARAMETER)
	expectErr(t, SetNamedPipeHandleState(server, new(uint32(4)), nil, nil), ERROR_INVALID_PARAMETER)
	expectErr(t, SetNamedPipeHandleState(server, &mode, nil, nil), 0)
	var state, instances uint32
	expectErr(t, GetNamedPipeHandleState(server, &state, &instances, nil, nil), 0)
	if state != mode || instances != 1 {
		t.Errorf("state %#x, %d instances", state, instances)
	}
	expectErr(t, GetNamedPipeHandleState(server, nil, nil, &mode, nil), ERROR_INVALID_PARAMETER)
	expectErr(t, ReadFile(server, make([]byte, 1), nil, nil), ERROR_NO_DATA)
	expectErr(t, WriteFile(client, nil, nil, nil), ERROR_ACCESS_DENIED)
	expectErr(t, PeekNamedPipe(client, nil, nil, nil, nil), 0)
}

// A read and a write of a pipe that is associated with a port cost no memory.
func TestPipeAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	server, client := pipePair(t, FILE_FLAG_OVERLAPPED, 0, 100)
	port, err := CreateIoCompletionPort(server, 0, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(port)
	var in, out OVERLAPPED
	buf, data := make([]byte, 10), make([]byte, 10)
	n := testing.AllocsPerRun(200, func() {
		if err := ReadFile(server, buf, nil, &in); err != ERROR_IO_PENDING {
			t.Fatal(err)
		}
		if err := WriteFile(client, data, nil, &out); err != nil {
			t.Fatal(err)
		}
		var bytes uint32
		var key uintptr
		var ov *OVERLAPPED
		if err := GetQueuedCompletionStatus(port, &bytes, &key, &ov, soon); err != nil || ov != &in || bytes != 10 {
			t.Fatal(err, ov, bytes)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMailslotOnPort(t *testing.T) {
	name := `\\.\mailslot\port`
	slot, err := CreateMailslot(name, 8, MAILSLOT_WAIT_FOREVER)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(slot)
	port, err := CreateIoCompletionPort(slot, 0, 7, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(port)
	w, err := CreateFile(name, GENERIC_WRITE, 0, OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(w)
	expectErr(t, WriteFile(w, make([]byte, 9), nil, nil), ERROR_INVALID_PARAMETER)
	var ov OVERLAPPED
	expectErr(t, ReadFile(slot, make([]byte, 8), nil, &ov), ERROR_IO_PENDING)
	expectErr(t, WriteFile(w, make([]byte, 5), nil, nil), 0)
	var n uint32
	var key uintptr
	var got *OVERLAPPED
	if err := GetQueuedCompletionStatus(port, &n, &key, &got, soon); err != nil || n != 5 || key != 7 || got != &ov {
		t.Fatal(err, n, key, got)
	}
	expectErr(t, SetMailslotInfo(slot, 0), 0)
	expectErr(t, ReadFile(slot, make([]byte, 8), nil, nil), ERROR_SEM_TIMEOUT)
	expectErr(t, WriteFile(w, []byte("late"), nil, nil), 0)
	expectErr(t, ReadFile(slot, make([]byte, 2), nil, nil), ERROR_INSUFFICIENT_BUFFER)
	var next, count, limit uint32
	expectErr(t, GetMailslotInfo(slot, nil, &next, &count, &limit), 0)
	if next != 4 || count != 1 || limit != 0 {
		t.Fatal(next, count, limit)
	}
	_, err = CreateMailslot(name, 0, 0)
	expectErr(t, err, ERROR_ALREADY_EXISTS)
	expectErr(t, CloseHandle(slot), 0)
	expectErr(t, WriteFile(w, nil, nil, nil), ERROR_HANDLE_EOF)
	expectErr(t, ReadFile(w, nil, nil, nil), ERROR_ACCESS_DENIED)
}

// Ends are closed under operations of all kinds; each of them ends once, with a code a pipe
// may give.
func TestPipeClosedUnderOperations(t *testing.T) {
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(port)
	for range 50 {
		server, client := pipePair(t, FILE_FLAG_OVERLAPPED, 0, 4)
		for _, h := range []HANDLE{server, client} {
			if _, err := CreateIoCompletionPort(h, port, uintptr(h), 0); err != nil {
				t.Fatal(err)
			}
		}
		pending := 0
		for _, h := range []HANDLE{server, client} {
			for _, call := range []func(HANDLE, []byte, *uint32, *OVERLAPPED) error{ReadFile, WriteFile, WriteFile} {
				if err := call(h, make([]byte, 8), nil, new(OVERLAPPED)); err == nil || err == ERROR_IO_PENDING {
					pending++
				}
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() { CloseHandle(server) })
		wg.Go(func() { CloseHandle(client) })
		for range pending {
			takePipePacket(t, port)
		}
		wg.Wait()
		expectErr(t, GetQueuedCompletionStatus(port, nil, nil, new(*OVERLAPPED), 0), WAIT_TIMEOUT)
	}
}

func takePipePacket(t *testing.T, port HANDLE) {
	t.Helper()
	var n uint32
	var key uintptr
	var ov *OVERLAPPED
	err := GetQueuedCompletionStatus(port, &n, &key, &ov, soon)
	if ov == nil || err != nil && !errors.Is(err, ERROR_BROKEN_PIPE) {
		t.Fatal(ov, err)
	}
}

// What waits for a pipe in a call can be cancelled by who has a handle on the goroutine.
func TestCancelOfCallThatWaitsForPipe(t *testing.T) {
	server, _ := pipePair(t, 0, 0, 1)
	threads, ended := make(chan HANDLE), make(chan error)
	go func() {
		threads <- currentThreadOf(t)
		ended <- ReadFile(server, make([]byte, 1), nil, nil)
	}()
	th := <-threads
	defer CloseHandle(th)
	untilTrue(t, "the read waits", func() bool { return CancelSynchronousIo(th) == nil })
	expectErr(t, <-ended, ERROR_OPERATION_ABORTED)
}

// One message from a client to a server's port: a read that waits, the write, the packet.
func BenchmarkPipeToPort(b *testing.B) {
	server, client := pipePair(b, FILE_FLAG_OVERLAPPED, 0, 1<<16)
	port, err := CreateIoCompletionPort(server, 0, 1, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer CloseHandle(port)
	var in, out OVERLAPPED
	buf, data := make([]byte, 64), make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := ReadFile(server, buf, nil, &in); err != ERROR_IO_PENDING {
			b.Fatal(err)
		}
		if err := WriteFile(client, data, nil, &out); err != nil {
			b.Fatal(err)
		}
		var bytes uint32
		var key uintptr
		var ov *OVERLAPPED
		if err := GetQueuedCompletionStatus(port, &bytes, &key, &ov, soon); err != nil {
			b.Fatal(err)
		}
	}
}
