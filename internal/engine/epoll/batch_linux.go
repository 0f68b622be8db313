// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// transfer is a recv(2) or send(2) that may succeed: what the kernel is told, and what it answers.
type transfer struct {
	d     *desc
	l     *line
	addr  unsafe.Pointer
	fd    int32
	len   uint32
	flags uint32
	call  uint32
	n     int
	errno syscall.Errno
}

// maxBatch is what is made in one go at most.
const maxBatch = 64

// goOn carries out the requests of a line, if they may succeed: a Recv or Send together with those of
// other lines, in runBatch, and anything else at once.
//
// The kernel's part of a message takes most of the processor's caches, its instructions too, and its
// stack of return addresses. What is done between two system calls is fetched anew each time and its
// returns are predicted wrongly. So nothing is done there but the next system call: what precedes it has
// been done for all of them, and what follows is.
func (e *Engine) goOn(d *desc, l *line) {
	r := l.Head()
	if r == nil || !l.ready || l.lent != nil || l.batched {
		return
	}
	op := r.op
	if op.Kind != engine.Recv && op.Kind != engine.Send {
		e.run(d, l)
		return
	}
	if e.nBatch == len(e.batch) {
		e.runBatch()
	}
	l.batched = true
	t := &e.batch[e.nBatch]
	t.d, t.l, t.addr = d, l, unsafe.Add(op.Addr, r.done)
	t.fd, t.len, t.flags, t.call = op.FD, op.Len-uint32(r.done), op.Flags|unix.MSG_DONTWAIT, moveCall[op.Kind]
	e.nBatch++
}

// runBatch makes the system calls that goOn has put off. Whatever is to happen after one of them waits for
// it.
func (e *Engine) runBatch() {
	batch := e.batch[:e.nBatch]
	e.nBatch = 0
	for i := range batch {
		t := &batch[i]
		n, _, errno := syscall.RawSyscall6(uintptr(t.call), uintptr(t.fd), uintptr(t.addr), uintptr(t.len), uintptr(t.flags), 0, 0)
		t.n, t.errno = int(n), errno
	}
	for i := range batch {
		t := &batch[i]
		d, l := t.d, t.l
		t.d, t.l, t.addr, l.batched = nil, nil, nil, false
		switch r := l.Head(); {
		case t.errno == 0 && (t.n == int(t.len) || t.flags&unix.MSG_WAITALL == 0): // it is over, as moved would find
			if t.n < int(t.len) && l == &d.in && d.emptied(t.flags&^unix.MSG_DONTWAIT) {
				l.ready = false
			}
			e.waits--
			e.finish(l.Pop(), int32(r.done+t.n))
		default:
			if res, ok := e.moved(d, l, r, t.n, t.errno); !e.tried(l, res, ok) {
				continue
			}
		}
		if l.Head() != nil {
			e.run(d, l)
		}
	}
}
