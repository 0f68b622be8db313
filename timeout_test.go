// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"math"
	"os"
	"testing"
	"time"
)

func TestTimeoutEndsEachKindOfWait(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	c, _ := tcpPair(t, p)
	r, _ := pipe(t, p, true)
	full, _ := tcpPair(t, p)
	ok(t, full.SetWriteBuffer(1))
	b := make([]byte, 8)
	for name, start := range map[string]func(o *op) error{
		"Accept":     func(o *op) error { return l.Accept(o, target(t)) },
		"AcceptData": func(o *op) error { return l.AcceptData(o, target(t), b) },
		"Recv":       func(o *op) error { return c.Recv(o, b) },
		"Recvv":      func(o *op) error { return c.Recvv(o, [][]byte{b}) },
		"Readable":   func(o *op) error { return c.Readable(o) },
		"pipe":       func(o *op) error { return r.Read(o, b, 0) },
	} {
		o := &op{name: name}
		const d = 10 * time.Millisecond
		o.SetTimeout(d)
		began := time.Now()
		ok(t, start(o))
		k := expect(t, p, o, 0, os.ErrDeadlineExceeded)
		if since := time.Since(began); since < d {
			t.Errorf("%s timed out after %v", name, since)
		}
		if n, err := o.Result(); n != 0 || err != k.Err || !os.IsTimeout(err) {
			t.Errorf("%s: the result is %d, %v", name, n, err)
		}
	}
	o := &op{name: "Send"}
	o.SetTimeout(10 * time.Millisecond)
	ok(t, full.Send(o, make([]byte, 64<<20)))
	if k := get(t, p); k.Op != o || !errors.Is(k.Err, os.ErrDeadlineExceeded) || k.Bytes >= 64<<20 {
		t.Errorf("the send's packet is %d, %v", k.Bytes, k.Err)
	}
}

func TestTimeoutThatIsFurtherThanTheClockGoes(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := &op{name: "recv"}
	o.SetTimeout(math.MaxInt64)
	ok(t, c.Recv(o, make([]byte, 1)))
	p.c.q.Lock()
	if o.x.deadline < nanotime() {
		t.Errorf("the operation's time is over at %d", o.x.deadline)
	}
	p.c.q.Unlock()
	o.expire() // of an earlier operation, late
	far.Write([]byte{1})
	expect(t, p, o, 1, nil)
}

func TestTimeoutIsOfEachOperation(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o, b := &op{name: "recv"}, make([]byte, 1)
	const d = 100 * time.Millisecond
	o.SetTimeout(d)
	for range 20 { // together more than the timeout
		began := time.Now()
		ok(t, c.Recv(o, b))
		k, err := p.Get(d / 10)
		if err != nil {
			far.Write([]byte("x"))
			k = get(t, p)
		}
		if k.Err == nil {
			compare(t, k, 1, nil)
			continue
		}
		compare(t, k, 0, os.ErrDeadlineExceeded) // the machine is that slow
		if since := time.Since(began); since < d {
			t.Fatalf("the receive timed out after %v", since)
		}
		if err != nil {
			o.SetTimeout(0)
			ok(t, c.Recv(o, b))
			expect(t, p, o, 1, nil) // what it has left
			o.SetTimeout(d)
		}
	}
	ok(t, c.Recv(o, b))
	expect(t, p, o, 0, os.ErrDeadlineExceeded)
	o.SetTimeout(time.Hour) // longer than the timer that is set
	ok(t, c.Recv(o, b))
	p.Get(30 * time.Millisecond)
	far.Write([]byte("x"))
	expect(t, p, o, 1, nil)
	o.SetTimeout(time.Millisecond) // shorter than the timer that is set
	ok(t, c.Recv(o, b))
	expect(t, p, o, 0, os.ErrDeadlineExceeded)
	o.SetTimeout(-1)
	ok(t, c.Recv(o, b))
	if _, err := p.Get(20 * time.Millisecond); err != ErrTimeout {
		t.Errorf("an operation without timeout ended: %v", err)
	}
	far.Write([]byte("x"))
	expect(t, p, o, 1, nil)
}

func TestTimeoutLeavesTheStreamAlone(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	a, b := &op{name: "a"}, &op{name: "behind"}
	buf := make([]byte, 2)
	a.SetTimeout(5 * time.Millisecond)
	ok(t, c.Recv(a, buf[:1]))
	ok(t, c.Recv(b, buf[1:]))
	expect(t, p, a, 0, os.ErrDeadlineExceeded)
	far.Write([]byte("x")) // I44
	expect(t, p, b, 1, nil)
	same(t, buf, []byte("\x00x"))
}

func TestTimeoutOfAnOperationInLine(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	a, b := &op{name: "first"}, &op{name: "in line"}
	b.SetTimeout(5 * time.Millisecond)
	ok(t, c.Recv(a, make([]byte, 1)))
	ok(t, c.Recv(b, make([]byte, 1)))
	expect(t, p, b, 0, os.ErrDeadlineExceeded)
	far.Write([]byte("x"))
	expect(t, p, a, 1, nil)
}

func TestTimeoutInTheMiddleOfAnAccept(t *testing.T) {
	p := newPort(t)
	l, o := newListener(t, p), &op{}
	o.SetTimeout(30 * time.Millisecond)
	ok(t, l.AcceptData(o, target(t), make([]byte, 1)))
	far := dial(t, l)
	expect(t, p, o, 0, os.ErrDeadlineExceeded)
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("the peer is still connected")
	}
}

// TestTimerOutlivesThePort: the timer is not stopped when its operation is over.
func TestTimerOutlivesThePort(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := &op{}
	o.SetTimeout(patience)
	ok(t, c.Recv(o, make([]byte, 1)))
	far.Write([]byte("x"))
	expect(t, p, o, 1, nil)
	ok(t, c.Close())
	ok(t, p.Close())
	eventually(t, "the engine to be given back", func() bool {
		p.c.q.Lock()
		defer p.c.q.Unlock()
		return p.c.objects == 0
	})
	o.expire()
	q := newPort(t) // the same timer serves another port
	d, _ := tcpPair(t, q)
	o.SetTimeout(40 * time.Millisecond)
	ok(t, d.Recv(o, make([]byte, 1)))
	expect(t, q, o, 0, os.ErrDeadlineExceeded)
}

func TestTimeoutsByTheThousand(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	ops := make([]op, 2000)
	for i := range ops {
		ops[i].SetTimeout(time.Duration(1+i%20) * time.Millisecond)
		ok(t, c.Recv(&ops[i], make([]byte, 1)))
	}
	for _, k := range gather(t, p, len(ops)) {
		compare(t, k, 0, os.ErrDeadlineExceeded)
	}
	quiet(t, p)
}
