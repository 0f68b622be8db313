// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
)

func TestCancelOne(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ops, bufs := make([]op, 5), make([]byte, 5)
	for i := range ops {
		ok(t, c.Recv(&ops[i], bufs[i:i+1]))
	}
	for _, i := range []int{2, 0, 4} { // in the middle of the line, at its head and end
		if i == 0 {
			ok(t, c.Cancel(&ops[i])) // J03
		} else {
			ok(t, ops[i].Cancel())
		}
		expect(t, p, &ops[i], 0, ErrCanceled)
	}
	refuses(t, ErrCanceled, syscall.ECANCELED)
	far.Write([]byte("xy"))
	expect(t, p, &ops[1], 1, nil)
	expect(t, p, &ops[3], 1, nil)
	same(t, bufs, []byte("\x00x\x00y\x00")) // I44
}

func TestCancelOfALineOfSends(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(16 << 20)
	ops := make([]op, 6)
	for i := range ops {
		ok(t, c.Send(&ops[i], content[i:]))
	}
	for _, i := range []int{5, 1, 3} {
		ok(t, ops[i].Cancel())
		expect(t, p, &ops[i], 0, ErrCanceled)
	}
	want := slices.Concat(content, content[2:], content[4:])
	got := receive(far, len(want))
	for _, i := range []int{0, 2, 4} {
		expect(t, p, &ops[i], int64(len(content)-i), nil)
	}
	same(t, await(t, "the content", got), want)
}

func TestCancelFindsNothing(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	d, _ := tcpPair(t, p)
	o := &op{}
	refuses(t, o.Cancel(), ErrNotFound, syscall.ENOENT)
	refuses(t, c.Cancel(o), ErrNotFound)
	refuses(t, c.CancelAll(), ErrNotFound) // J05
	ok(t, c.Recv(o, make([]byte, 1)))
	refuses(t, d.Cancel(o), ErrNotFound) // of another connection
	refuses(t, d.CancelAll(), ErrNotFound)
	far.Write([]byte("x"))
	eventually(t, "the receive", func() bool { return p.Len() == 1 })
	refuses(t, o.Cancel(), ErrNotFound) // J06
	refuses(t, c.Cancel(o), ErrNotFound)
	refuses(t, c.CancelAll(), ErrNotFound)
	expect(t, p, o, 1, nil)
	refuses(t, o.Cancel(), ErrNotFound)
	ok(t, c.Close())
	refuses(t, c.Cancel(o), net.ErrClosed, ErrInvalidHandle) // J09
	refuses(t, c.CancelAll(), net.ErrClosed)
}

func TestCancelAll(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	d, err := c.Duplicate()
	ok(t, err)
	defer d.Close()
	ops := make([]op, 20)
	for i := range ops {
		if i%2 == 0 {
			ok(t, c.Recv(&ops[i], make([]byte, 1)))
		} else {
			ok(t, d.Readable(&ops[i]))
		}
	}
	send := &op{name: "send"}
	ok(t, c.Send(send, make([]byte, 64<<20)))
	ok(t, d.CancelAll()) // the operations of all handles (J04)
	all := gather(t, p, len(ops)+1)
	for i := range ops {
		compare(t, all[&ops[i]], 0, ErrCanceled)
	}
	if k := all[send]; !isError(k.Err, ErrCanceled) || k.Bytes >= 64<<20 {
		t.Errorf("the send's packet is %d, %v", k.Bytes, k.Err)
	}
	refuses(t, c.CancelAll(), ErrNotFound)
}

func TestCancelTwiceSendsOnePacket(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	a, b := &op{name: "a"}, &op{name: "b"}
	for range 300 {
		ok(t, c.Recv(a, make([]byte, 1)))
		ok(t, c.Recv(b, make([]byte, 1)))
		b.Cancel()
		a.Cancel()
		c.CancelAll()
		a.Cancel()
		for _, k := range gather(t, p, 2) {
			compare(t, k, 0, ErrCanceled)
		}
		quiet(t, p)
	}
}

func TestCancelAgainstCompletion(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o, b := &op{}, make([]byte, 1)
	outcomes := map[bool]int{}
	sent := 0
	for i := range 1000 {
		ok(t, c.Recv(o, b))
		go far.Write([]byte{byte(i)})
		sent++
		err := o.Cancel()
		k := get(t, p)
		if k.Err == ErrCanceled && err == nil {
			ok(t, c.Recv(o, b))
			k = get(t, p)
		}
		outcomes[err == nil]++
		if k.Op != o || k.Err != nil || k.Bytes != 1 || b[0] != byte(i) {
			t.Fatalf("round %d: the packet is %+v with %d", i, k, b[0])
		}
	}
	t.Logf("%d cancelled in time, %d too late", outcomes[true], outcomes[false])
}

func TestCancelOfFileOperations(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, make([]byte, 1<<20))
	ops := make([]op, 64)
	for i := range ops {
		ok(t, f.Read(&ops[i], make([]byte, 1<<14), int64(i)<<14))
		ops[i].Cancel()
	}
	for _, k := range gather(t, p, len(ops)) { // J07
		if !(k.Err == nil && k.Bytes == 1<<14) && !(errors.Is(k.Err, ErrCanceled) && k.Bytes == 0) {
			t.Errorf("the packet has %d bytes and %v", k.Bytes, k.Err)
		}
	}
}

// An engine may have read some of it when the cancel stops it: that is not the end of the file.
func TestCancelInTheMiddleOfARead(t *testing.T) {
	p := newPort(t)
	f, buf := tempFile(t, p, pattern(20)), make([]byte, 10)
	read := func(prepare func(*Overlapped), off int64, canceled error) (int64, error) {
		o := &op{}
		ov := &o.Overlapped
		ov.obj.Store(f.o)
		prepare(ov)
		ov.req.Off = off
		ov.canceled = canceled
		if !ov.advance(f.o.port.Load(), 4) {
			t.Error("a short read goes on")
		}
		return ov.n, ov.err
	}
	one := func(ov *Overlapped) { ov.what = opRead; ov.setBuffer(engine.Read, buf) }
	many := func(ov *Overlapped) { ov.what = opReadv; ok(t, ov.setVectors(engine.Readv, cut(buf, 3))) }
	for _, prepare := range []func(*Overlapped){one, many} {
		for _, canceled := range []error{nil, ErrCanceled, errClosedHandle} {
			if n, err := read(prepare, 0, canceled); n != 4 || err != canceled {
				t.Errorf("4 of 10 bytes and %v give %d, %v", canceled, n, err)
			}
			if n, err := read(prepare, 16, canceled); n != 4 || err != nil { // G05
				t.Errorf("the last 4 bytes and %v give %d, %v", canceled, n, err)
			}
		}
	}
}

// TestCancelOfAnOperationThatMovesOn: the operation goes to and fro between two ports, whose locks are
// not the same, while others cancel it on both and its timer fires.
func TestCancelOfAnOperationThatMovesOn(t *testing.T) {
	p, q := newPort(t), newPort(t)
	a, _ := tcpPair(t, p)
	b, _ := tcpPair(t, q)
	o, buf := &op{name: "moving"}, make([]byte, 1)
	o.SetTimeout(time.Microsecond)
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
			}
			a.Cancel(o)
			b.Cancel(o)
			runtime.Gosched()
		}
	}()
	for range 500 {
		ok(t, a.Recv(o, buf))
		get(t, p)
		ok(t, b.Send(o, buf))
		get(t, q)
	}
	close(stop)
	await(t, "the canceller", over)
}

func TestCancelFromOtherGoroutines(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	o := &op{}
	for range 200 {
		ok(t, c.Recv(o, make([]byte, 1)))
		errs := make(chan error, 4)
		for range cap(errs) {
			go func() { errs <- o.Cancel() }()
		}
		expect(t, p, o, 0, ErrCanceled)
		found := false
		for range cap(errs) {
			err := await(t, "Cancel", errs)
			found = found || err == nil
			if err != nil && err != ErrNotFound {
				t.Fatal(err)
			}
		}
		if !found {
			t.Fatal("the operation was cancelled and nobody did it")
		}
	}
}

// TestCancelAllWhileOperationsEnd: an operation that is over between the look at the queue and
// its turn must neither end the round nor be cancelled under a slot that is no longer its own.
func TestCancelAllWhileOperationsEnd(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	var recvs [4]op
	send := &op{name: "send"}
	recv := func(o *op) { ok(t, c.Recv(o, make([]byte, 1))) }
	for tries := 0; ; tries++ {
		recv(&recvs[0])
		recv(&recvs[1])
		ok(t, c.Send(send, []byte("x")))
		recv(&recvs[2])
		recv(&recvs[3])
		p.c.q.Lock()
		caught := p.c.eng.Ready() > 0 // else it is not over, or the monitor has taken it
		n := c.o.cancelAll(p.c, ErrCanceled, nil)
		p.c.q.Submit()
		all := gather(t, p, 5)
		for i := range recvs {
			compare(t, all[&recvs[i]], 0, ErrCanceled)
		}
		if caught {
			compare(t, all[send], 1, nil)
			if n < 4 {
				t.Errorf("%d operations were cancelled; want at least 4", n)
			}
			return
		}
		if tries == 1000 {
			t.Fatal("a send over loopback is never over when it has been submitted")
		}
	}
}
