// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestResultDoesNotTakeThePacket(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := &op{name: "recv"}
	if n, err := o.Result(); n != 0 || err != nil || o.InFlight() {
		t.Errorf("the result of an Overlapped that was never used is %d, %v", n, err)
	}
	ok(t, c.Recv(o, make([]byte, 10)))
	if _, err := o.Result(); err != ErrIncomplete || !errors.Is(err, syscall.EAGAIN) || !o.InFlight() {
		t.Errorf("the result of a pending operation is %v", err)
	}
	far.Write([]byte("abc"))
	eventually(t, "the result", func() bool { n, err := o.Result(); return n == 3 && err == nil })
	if !o.InFlight() || p.Len() != 1 {
		t.Errorf("InFlight is %v and %d packets are queued; want the packet to stay", o.InFlight(), p.Len())
	}
	expect(t, p, o, 3, nil)
	if n, err := o.Result(); n != 3 || err != nil || o.InFlight() {
		t.Errorf("after its packet was taken the result is %d, %v", n, err)
	}
}

// TestLookingDoesNotKeepThePacketFromAWaiter: whoever looks at an operation, cancels or closes
// something brings completions into the queue, which the worker that waits for the engine
// cannot see there.
func TestLookingDoesNotKeepThePacketFromAWaiter(t *testing.T) {
	for name, look := range map[string]func(o *op, p *Port, c *TCPConn) bool{
		"Result": func(o *op, _ *Port, _ *TCPConn) bool { _, err := o.Result(); return err != ErrIncomplete },
		"Cancel": func(o *op, _ *Port, c *TCPConn) bool { c.Cancel(&op{}); return o.state.Load() != started },
		"Len":    func(o *op, p *Port, _ *TCPConn) bool { p.Len(); return o.state.Load() != started },
		"Close": func(o *op, p *Port, _ *TCPConn) bool {
			if f, err := OpenFile(os.DevNull, os.O_RDONLY, 0); err == nil {
				p.Associate(f, nil)
				f.Close()
			}
			return o.state.Load() != started
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPort(t)
			c, far := tcpPair(t, p)
			packets := make(chan Completion)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for k := range p.All() {
					packets <- k
				}
			}()
			o, b := &op{}, make([]byte, 1)
			for range 200 {
				ok(t, c.Recv(o, b))
				eventually(t, "the worker to wait", func() bool { return p.Stats().Waiting == 1 })
				far.Write([]byte{1})
				for !look(o, p, c) {
				}
				if k := await(t, "the packet", packets); k.Op != o || k.Bytes != 1 || k.Err != nil {
					t.Fatalf("the packet is %+v", k)
				}
			}
			ok(t, p.Close())
			await(t, "the worker to end", ended)
		})
	}
}
