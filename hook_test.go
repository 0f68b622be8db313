// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"context"
	"errors"
	"testing"

	"iocp/internal/hook"
)

// told is an operation that hears of its end; it wants a packet or not.
type told struct {
	Overlapped
	packet  bool
	ends    chan error
	dropped chan struct{}
}

func (o *told) Finished(n int64, err error) bool { o.ends <- err; return o.packet }
func (o *told) Dropped()                         { o.dropped <- struct{}{} }

func newTold(packet bool) *told {
	o := &told{packet: packet, ends: make(chan error, 1), dropped: make(chan struct{}, 1)}
	hook.SetFinisher(&o.Overlapped, o)
	return o
}

// noPacket drives the port until nothing is in flight, and no packet may come.
func noPacket(t *testing.T, p *Port) {
	t.Helper()
	eventually(t, "nothing is in flight", func() bool {
		if c, err := p.Get(0); err != ErrTimeout {
			t.Fatal("a packet came: ", c, err)
		}
		return p.Stats().InFlight == 0
	})
	quiet(t, p)
}

func TestFinisherHearsOfTheEndBeforeThePacket(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := newTold(true)
	for range 2 {
		ok(t, c.Recv(o, make([]byte, 1)))
		far.Write([]byte("x"))
		expect(t, p, o, 1, nil)
		ok(t, await(t, "the end", o.ends))
	}
}

func TestFinisherWithoutPacket(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	first, second := newTold(false), newTold(false)
	ok(t, c.Recv(first, make([]byte, 1)))
	ok(t, c.Recv(second, make([]byte, 1))) // waits in the line
	ok(t, c.CancelAll())
	noPacket(t, p)
	for _, o := range []*told{first, second} {
		refuses(t, await(t, "the end", o.ends), ErrCanceled)
		await(t, "the Overlapped", o.dropped)
		if o.InFlight() {
			t.Error("dropped, and still in flight")
		}
	}
}

func TestFinisherWithoutPacketOfAnAccept(t *testing.T) {
	p := newPort(t)
	l, err := ListenTCP("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { l.Close() })
	ok(t, p.Associate(l, nil))
	o := newTold(false)
	ok(t, l.Accept(o, NewTCPConn()))
	ok(t, o.Cancel())
	noPacket(t, p)
	await(t, "the Overlapped", o.dropped)
}

func TestFinisherOfAnOperationDoneAtOnce(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("x"))
	ok(t, f.SkipOnSuccess())
	o := newTold(false)
	if err := f.Read(o, make([]byte, 1), 0); err != nil && err != ErrCompleted {
		t.Fatal(err)
	} else if err == nil {
		noPacket(t, p)
		await(t, "the Overlapped", o.dropped)
	}
	ok(t, await(t, "the end", o.ends))
}

func TestCancelFunc(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ops := make([]op, 4)
	buf := make([]byte, 4)
	for i := range ops {
		ok(t, c.Recv(&ops[i], buf[i:i+1]))
	}
	odd := func(o Op) bool { return o == &ops[1] || o == &ops[3] }
	ok(t, c.CancelFunc(odd))
	expect(t, p, &ops[1], 0, ErrCanceled)
	expect(t, p, &ops[3], 0, ErrCanceled)
	refuses(t, c.CancelFunc(odd), ErrNotFound)
	far.Write([]byte("ab"))
	expect(t, p, &ops[0], 1, nil)
	expect(t, p, &ops[2], 1, nil)
}

func TestGetBatchContext(t *testing.T) {
	p := newPort(t)
	ctx, cancel := context.WithCancel(context.Background())
	buf := make([]Completion, 2)
	if _, err := p.GetBatchContext(ctx, buf, 0); err != ErrTimeout {
		t.Error("a poll: ", err)
	}
	ok(t, p.Post(Completion{Bytes: 1}))
	if n, err := p.GetBatchContext(ctx, buf, Infinite); n != 1 || err != nil {
		t.Error("with a packet: ", n, err)
	}
	cancel()
	if _, err := p.GetBatchContext(ctx, buf, Infinite); !errors.Is(err, context.Canceled) {
		t.Error("with a context that is done: ", err)
	}
}

func TestLookEndsOperationsWithoutTakingPackets(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o := newTold(true)
	ok(t, c.Recv(o, make([]byte, 1)))
	far.Write([]byte("x"))
	eventually(t, "the end", func() bool {
		hook.Look(p)
		return len(o.ends) > 0
	})
	expect(t, p, o, 1, nil)
	p.Close()
	hook.Look(p)
}

func TestServes(t *testing.T) {
	p, q := newPort(t), newPort(t)
	for _, step := range []struct {
		get  *Port
		want [2]bool
	}{{nil, [2]bool{}}, {p, [2]bool{true, false}}, {q, [2]bool{false, true}}} {
		if step.get != nil {
			step.get.Get(0)
		}
		if got := [2]bool{hook.Serves(p), hook.Serves(q)}; got != step.want {
			t.Errorf("serves %v, want %v", got, step.want)
		}
	}
	q.Close()
	if hook.Serves(q) {
		t.Error("serves a closed port")
	}
}
