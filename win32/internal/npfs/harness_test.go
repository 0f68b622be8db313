// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"iocp/win32/internal/npfs"
)

// op is a request that remembers how it ended.
type op struct {
	npfs.Request
	mu      sync.Mutex
	ended   int
	status  npfs.Status
	n       int
	buf     []byte
	pending bool // what the start function said
}

func (o *op) Complete(st npfs.Status, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended++
	o.status, o.n = st, n
}

func newOp() *op {
	o := new(op)
	o.Done = o
	return o
}

// started notes what a start function returned.
func (o *op) started(st npfs.Status, n int, pending bool) *op {
	if !pending {
		o.Complete(st, n)
	}
	o.pending = pending
	return o
}

func read(e *npfs.End, size int) *op {
	o := newOp()
	o.buf = make([]byte, size)
	return o.started(e.Read(&o.Request, o.buf))
}

func write(e *npfs.End, data string) *op {
	o := newOp()
	o.buf = []byte(data)
	return o.started(e.Write(&o.Request, o.buf))
}

func connect(e *npfs.End) *op {
	o := newOp()
	st, pending := e.Connect(&o.Request)
	return o.started(st, 0, pending)
}

func flush(e *npfs.End) *op {
	o := newOp()
	st, pending := e.Flush(&o.Request)
	return o.started(st, 0, pending)
}

func transact(e *npfs.End, data string, size int) *op {
	o := newOp()
	o.buf = make([]byte, size)
	st, pending := e.Transact(&o.Request, []byte(data), o.buf)
	return o.started(st, 0, pending)
}

// check is a test with the words to say what is expected.
type check struct{ *testing.T }

// waits expects that o pends.
func (t check) waits(ops ...*op) {
	t.Helper()
	for _, o := range ops {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.pending || o.ended != 0 {
			t.Fatalf("pending=%v, ended %d times with %v; want it to wait", o.pending, o.ended, o.status)
		}
	}
}

// over expects that o has ended once, at once or later, with this result.
func (t check) over(o *op, pended bool, st npfs.Status, n int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended != 1 || o.pending != pended || o.status != st || o.n != n {
		t.Fatalf("ended %d times, pended=%v, %v, %d bytes; want once, pended=%v, %v, %d bytes",
			o.ended, o.pending, o.status, o.n, pended, st, n)
	}
}

func (t check) now(o *op, st npfs.Status, n int)   { t.Helper(); t.over(o, false, st, n) }
func (t check) later(o *op, st npfs.Status, n int) { t.Helper(); t.over(o, true, st, n) }

// data expects that the read o has ended with this.
func (t check) data(o *op, pended bool, st npfs.Status, want string) {
	t.Helper()
	t.over(o, pended, st, len(want))
	if got := string(o.buf[:o.n]); got != want {
		t.Fatalf("read %q, want %q", got, want)
	}
}

func (t check) reads(e *npfs.End, size int, want string) {
	t.Helper()
	t.data(read(e, size), false, npfs.Success, want)
}

func (t check) status(got, want npfs.Status) {
	t.Helper()
	if got != want {
		t.Fatalf("%v, want %v", got, want)
	}
}

// server makes an instance in a space of its own, unless one is given.
func (t check) server(s *npfs.Space, c npfs.Config) *npfs.End {
	t.Helper()
	if c.Max == 0 {
		c.Max = 1
	}
	e, st := s.Create("pipe", c)
	t.status(st, npfs.Success)
	return e
}

// pair makes both ends of a pipe.
func (t check) pair(c npfs.Config) (server, client *npfs.End) {
	t.Helper()
	s := new(npfs.Space)
	server = t.server(s, c)
	client, st := s.Open("pipe", c.Direction != npfs.Inbound, c.Direction != npfs.Outbound)
	t.status(st, npfs.Success)
	if c.Mode == npfs.ReadMessages && c.Direction != npfs.Inbound {
		t.status(client.SetMode(npfs.ReadMessages, false), npfs.Success)
	}
	return server, client
}

func bytes(quota int) npfs.Config { return npfs.Config{InQuota: quota, OutQuota: quota} }

func messages(quota int) npfs.Config {
	return npfs.Config{InQuota: quota, OutQuota: quota, Messages: true, Mode: npfs.ReadMessages}
}

// both runs a test with either end as the writer.
func both(t *testing.T, c npfs.Config, f func(t check, w, r *npfs.End)) {
	for _, name := range []string{"server writes", "client writes"} {
		t.Run(name, func(tt *testing.T) {
			t := check{tt}
			server, client := t.pair(c)
			if strings.HasPrefix(name, "server") {
				f(t, server, client)
			} else {
				f(t, client, server)
			}
		})
	}
}

func text(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%c", 'a'+i%26)
	}
	return b.String()
}
