// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"net"
	"testing"
	"time"
)

func dial(t *testing.T, r *room) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c, bufio.NewReader(c)
}

func expect(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	got, err := r.ReadString('\n')
	if err != nil || got != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func TestEverybodyElseReadsWhatOneTypes(t *testing.T) {
	r, err := open("127.0.0.1:0")
	if err != nil {
		t.Skip("no engine here: ", err)
	}
	defer r.close()
	_, first := dial(t, r)
	second, reader := dial(t, r)
	expect(t, first, "guest 2 has come\n")
	third, _ := dial(t, r)
	expect(t, first, "guest 3 has come\n")
	expect(t, reader, "guest 3 has come\n")
	second.Write([]byte("hello\nagain\n"))
	expect(t, first, "guest 2: hello\n")
	expect(t, first, "guest 2: again\n")
	third.Close()
	expect(t, first, "guest 3 has gone\n")
}
