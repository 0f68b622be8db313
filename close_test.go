// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
)

func TestCloseEndsEveryOperation(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	const n = 20
	ops := make([]op, n)
	for i := range ops {
		switch i % 4 {
		case 0:
			ok(t, c.Recv(&ops[i], make([]byte, 1)))
		case 1:
			ok(t, c.Readable(&ops[i]))
		case 2:
			ok(t, c.Send(&ops[i], make([]byte, 32<<20)))
		case 3:
			ok(t, c.Sendv(&ops[i], [][]byte{make([]byte, 100)}))
		}
	}
	ok(t, c.Close())
	refuses(t, c.Close(), net.ErrClosed, os.ErrClosed, ErrInvalidHandle)
	for _, k := range gather(t, p, n) { // J10
		if !errors.Is(k.Err, net.ErrClosed) || !errors.Is(k.Err, os.ErrClosed) || k.Key != "conn" {
			t.Errorf("the packet is %+v", k)
		}
	}
	refuses(t, c.Recv(&ops[0], nil), net.ErrClosed)
	if c.Key() != nil {
		t.Errorf("a closed handle has the key %v", c.Key())
	}
}

func TestCloseGivesTheDescriptorBackAfterTheLastOperation(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := &op{}
	ok(t, c.Recv(o, make([]byte, 1)))
	files := openFiles()
	ok(t, c.Close())
	eventually(t, "the descriptor to be closed", func() bool { p.Len(); p.Flush(); return openFiles() == files-1 })
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer got %v", err)
	}
	expect(t, p, o, 0, net.ErrClosed)
}

func TestCloseWithNothingPendingIsImmediate(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	files := openFiles()
	ok(t, c.Close())
	if n := openFiles(); n != files-1 {
		t.Errorf("%d descriptors are left; want %d", n, files-1)
	}
}

func TestQueuedPacketsOutliveTheirHandle(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := &op{}
	ok(t, c.Recv(o, make([]byte, 5)))
	far.Write([]byte("x"))
	eventually(t, "the packet", func() bool { return p.Len() == 1 })
	ok(t, c.Close())
	if k := expect(t, p, o, 1, nil); k.Key != "conn" { // J12
		t.Errorf("the key is %v", k.Key)
	}
}

func TestCloseOfOneHandleOfTwo(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	d, err := c.Duplicate()
	ok(t, err)
	a, b := &op{name: "a"}, &op{name: "b"}
	ok(t, c.Recv(a, make([]byte, 1)))
	ok(t, d.Recv(b, make([]byte, 1)))
	ok(t, c.Close()) // J11, I46
	far.Write([]byte("x"))
	if k := expect(t, p, a, 1, nil); k.Key != "conn" {
		t.Errorf("the key is %v", k.Key)
	}
	refuses(t, c.Send(a, nil), net.ErrClosed)
	ok(t, d.Send(a, []byte("y")))
	expect(t, p, a, 1, nil)
	if n, err := far.Read(make([]byte, 5)); n != 1 || err != nil {
		t.Errorf("the peer read %d, %v", n, err)
	}
	ok(t, d.Close())
	expect(t, p, b, 0, net.ErrClosed)
}

func TestCloseBeforeAssociation(t *testing.T) {
	checkLeaks(t)
	near, far := netPair(t)
	c, err := AdoptTCPConn(near)
	ok(t, err)
	ok(t, c.Close())
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer got %v", err)
	}
	ok(t, NewTCPConn().Close())
}

func TestCloseByManyGoroutines(t *testing.T) {
	p := newPort(t)
	for range 100 {
		c, _ := tcpPair(t, p)
		o := &op{}
		ok(t, c.Recv(o, make([]byte, 1)))
		var wg sync.WaitGroup
		errs := make(chan error, 4)
		for range cap(errs) {
			wg.Go(func() { errs <- c.Close() })
		}
		wg.Wait()
		closed := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				closed++
			} else {
				refuses(t, err, net.ErrClosed)
			}
		}
		if closed != 1 {
			t.Fatalf("%d of the closes succeeded", closed)
		}
		expect(t, p, o, 0, net.ErrClosed)
	}
}

// TestDescriptorIsNotReusedUnderAnOperation: until the last operation is over the number must
// not go to another socket.
func TestDescriptorIsNotReusedUnderAnOperation(t *testing.T) {
	p := newPort(t)
	for range 200 {
		c, _ := tcpPair(t, p)
		o, b := &op{name: "old"}, make([]byte, 1)
		ok(t, c.Recv(o, b))
		ok(t, c.Close())
		d, far := tcpPair(t, p) // takes the lowest number there is
		far.Write([]byte("x"))
		fresh := &op{name: "new"}
		ok(t, d.Recv(fresh, make([]byte, 1)))
		all := gather(t, p, 2)
		compare(t, all[o], 0, net.ErrClosed)
		compare(t, all[fresh], 1, nil)
		d.Close()
		far.Close()
	}
}

func TestClosedPortLeavesOperationsGoing(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	l := newListener(t, p)
	recv, send, read, accept, idle := &op{}, &op{}, &op{}, &op{}, &op{}
	b, conn := make([]byte, 10), target(t)
	ok(t, c.Recv(recv, b))
	ok(t, l.Accept(accept, conn))
	ok(t, p.Close()) // J13
	result := func(o *op, n int64, want error) {
		t.Helper()
		eventually(t, "a result", func() bool { return !o.InFlight() })
		if m, err := o.Result(); m != n || !isError(err, want) {
			t.Fatalf("the result is %d, %v; want %d, %v", m, err, n, want)
		}
	}
	far.Write([]byte("abc"))
	result(recv, 3, nil)
	ok(t, c.Send(send, []byte("new operation"))) // new ones work, too
	result(send, 13, nil)
	ok(t, f.Read(read, b, 0))
	result(read, 7, nil)
	dial(t, l)
	result(accept, 0, nil)
	if conn.RemoteAddr() == nil {
		t.Error("the accepted connection has no peer")
	}
	ok(t, c.Recv(recv, b))
	ok(t, recv.Cancel())
	result(recv, 0, ErrCanceled)
	recv.SetTimeout(1e6)
	ok(t, c.Recv(recv, b))
	result(recv, 0, os.ErrDeadlineExceeded)
	ok(t, l.Accept(idle, target(t)))
	ok(t, l.Close())
	result(idle, 0, net.ErrClosed)
	recv.SetTimeout(0)
	ok(t, c.Recv(recv, b))
	ok(t, c.Close())
	result(recv, 0, net.ErrClosed)
	ok(t, f.Close()) // the leak check sees to the rest
}

func TestPortClosedWithPacketsQueued(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	l, conn, o, accept := newListener(t, p), target(t), &op{}, &op{}
	ok(t, c.Recv(o, make([]byte, 1)))
	ok(t, l.Accept(accept, conn))
	far.Write([]byte("x"))
	peer := dial(t, l)
	eventually(t, "the packets", func() bool { return p.Len() == 2 })
	ok(t, p.Close()) // J14
	if o.InFlight() || accept.InFlight() {
		t.Error("operations whose packets were dropped are in flight")
	}
	if n, err := o.Result(); n != 1 || err != nil {
		t.Errorf("the result is %d, %v", n, err)
	}
	if conn.RemoteAddr() == nil {
		t.Error("the accepted connection was lost with the packet")
	}
	ok(t, conn.Close())
	if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer got %v", err)
	}
}

func TestPortClosedWhileWorkersWatch(t *testing.T) {
	for range 50 {
		p := newPort(t)
		c, far := tcpPair(t, p)
		o := &op{}
		ok(t, c.Recv(o, make([]byte, 1)))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range p.All() {
				}
			})
		}
		eventually(t, "the workers to wait", func() bool { return p.Stats().Waiting == 3 })
		go far.Write([]byte("x"))
		ok(t, p.Close())
		wg.Wait()
		eventually(t, "the receive", func() bool { return !o.InFlight() })
		ok(t, c.Close())
	}
}
