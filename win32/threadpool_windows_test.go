// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// waitForACall is set in the environment of the process that TestWaitingForACallIsNoDeadlock starts:
// the name of a pipe.
const waitForACall = "IOCP_TEST_WAIT_FOR_A_CALL"

// TestWaitingForACallIsNoDeadlock: all goroutines of a program may wait for what a thread of the
// system brings. A test has timers, so another process has to show it.
func TestWaitingForACallIsNoDeadlock(t *testing.T) {
	if name := os.Getenv(waitForACall); name != "" {
		readInACall(t, name)
		return
	}
	name := fmt.Sprintf(`\\.\pipe\iocp-test-%d`, os.Getpid())
	server, err := CreateNamedPipe(name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE, 1, 16, 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseHandle(server)
	cmd := exec.Command(os.Args[0], "-test.run=^TestWaitingForACallIsNoDeadlock$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), waitForACall+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Read(make([]byte, 1)) // it is about to wait
	if err := WriteFile(server, []byte("x"), nil, nil); err != nil {
		t.Error("the process has ended: ", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// readInACall reads a byte with a callback, and has nothing else to do.
func readInACall(t *testing.T, name string) {
	h, err := CreateFile(name, GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan NTSTATUS)
	if err := BindIoCompletionCallback(h, func(s NTSTATUS, _ uint32, _ *OVERLAPPED) { called <- s }, 0); err != nil {
		t.Fatal(err)
	}
	if err := ReadFile(h, make([]byte, 1), nil, new(OVERLAPPED)); err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	fmt.Println("waiting")
	if s := <-called; s != STATUS_SUCCESS {
		t.Error(s)
	}
}
