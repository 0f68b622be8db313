// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"os"
	"testing"
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
