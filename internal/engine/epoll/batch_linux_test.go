// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// What is put off until the system calls of other descriptors are made does not change places with what
// follows on the same one: two sends and the end of sending, on more sockets than a batch has room for.
func TestABatchKeepsTheOrderOfEachDescriptor(t *testing.T) {
	const sockets = maxBatch + maxBatch/2
	p := newPort(t)
	var ops []*engine.Op
	var far []int32
	for range sockets {
		a, b := p.TCP()
		far = append(far, b)
		ops = append(ops, enginetest.Op(engine.Send, a, []byte("one ")), enginetest.Op(engine.Send, a, []byte("two")),
			&engine.Op{Kind: engine.Shutdown, FD: a, Len: unix.SHUT_WR})
	}
	p.Start(ops...)
	for _, c := range p.Wait(len(ops)) {
		if c.Res < 0 {
			t.Errorf("%v ended with %d", c.Op.Kind, c.Res)
		}
	}
	for _, fd := range far {
		if got := p.Drain(fd, 100); string(got) != "one two" {
			t.Errorf("%q came, want %q and the end", got, "one two")
		}
	}
}

// One look finds that many sockets can be received from, and each has its own bytes.
func TestABatchOfReceivesGivesEachItsOwn(t *testing.T) {
	const sockets = maxEvents + 10
	p := newPort(t)
	want := make(map[*engine.Op]byte)
	bufs := make(map[*engine.Op][]byte)
	var far []int32
	for i := range sockets {
		a, b := p.TCP()
		buf := make([]byte, 8)
		r := enginetest.Op(engine.Recv, a, buf)
		far, want[r], bufs[r] = append(far, b), byte(i), buf
		p.Start(r)
	}
	p.None()
	for i, fd := range far {
		p.Send(fd, string([]byte{byte(i)}))
	}
	for _, c := range p.Wait(sockets) {
		if c.Res != 1 || bufs[c.Op][0] != want[c.Op] {
			t.Errorf("a receive got %d bytes %v, want %d", c.Res, bufs[c.Op], want[c.Op])
		}
	}
	for i := range p.batch {
		if tr := &p.batch[i]; tr.d != nil || tr.l != nil || tr.addr != nil {
			t.Fatal("the batch keeps the memory of operations that are over")
		}
	}
}
