// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"iocp/internal/seccomprun"
)

// TestWithoutIOUring is what TestPortsWorkWhereIOUringIsRefused runs in a child.
func TestWithoutIOUring(t *testing.T) {
	if os.Getenv("IOCP_TEST_WITHOUT") == "" {
		t.Skip("TestPortsWorkWhereIOUringIsRefused runs this in a child")
	}
	p := newPort(t)
	conn, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	if p.Engine() != EngineEpoll {
		t.Fatalf("the engine is %q; want %q", p.Engine(), EngineEpoll)
	}
	read, recv := &op{name: "read"}, &op{name: "recv"}
	ok(t, conn.Recv(recv, make([]byte, 1)))
	ok(t, f.Read(read, make([]byte, 7), 0))
	expect(t, p, read, 7, nil)
	far.Write([]byte("x"))
	expect(t, p, recv, 1, nil)
	_, err := NewPort(Config{Engine: EngineURing})
	if refusal, ok := errors.AsType[*EngineError](err); !ok || refusal.Engine != EngineURing {
		t.Errorf("asking for io_uring: %v; want an *EngineError", err)
	}
}

func TestPortsWorkWhereIOUringIsRefused(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSYS, syscall.EACCES} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutIOUring$", "-test.v")
		cmd.Env = append(os.Environ(), seccomprun.Env(errno), "IOCP_TEST_WITHOUT=1", "IOCP_TEST_ENGINE=")
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == seccomprun.Impossible {
			t.Skipf("this kernel or sandbox permits no seccomp filter: %s", out)
		}
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestWithoutIOUring")) {
			t.Errorf("%v: %v\n%s", errno, err, out)
		}
	}
}
