// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "sync"

// BindIoCompletionCallback makes the ends of all operations on the file behind h calls of callback,
// by goroutines of the system, which exist only while there is something to call. The file
// counts as associated then: it can be neither associated with a port nor bound again (K11). flags
// are ignored. The status has to be turned into a code: [NTSTATUS.Errno].
//
// Errors: ERROR_INVALID_PARAMETER for no file (0), no callback, or a file that is associated or not
// opened for overlapped I/O; ERROR_INVALID_HANDLE.
func BindIoCompletionCallback(h HANDLE, callback IoCompletionCallback, flags uint32) error {
	if h == 0 || callback == nil {
		return ERROR_INVALID_PARAMETER
	}
	f, _, err := fileOf(h)
	if err != nil {
		return err
	}
	return f.bind(&binding{call: func(op *operation) {
		status, n, ov := op.status, uint32(op.n), op.ov
		op.recycle()
		callback(status, n, ov)
	}})
}

// binding takes the ends of a file's operations in place of a port.
type binding struct {
	call func(*operation) // it recycles the operation
}

// bind makes b take what ends from now on. The file works on the system's port.
func (f *file) bind(b *binding) error {
	if !f.overlapped {
		return ERROR_INVALID_PARAMETER
	}
	if _, err := f.settleDown(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.link.Load()
	switch {
	case f.closed:
		return ERROR_INVALID_HANDLE
	case old.reports():
		return ERROR_INVALID_PARAMETER
	}
	f.link.Store(&link{bound: b, system: old.system})
	return nil
}

// take has the end of op called soon. It does not block.
func (b *binding) take(op *operation) { callers.give(ended{b, op}) }

// ended is an operation whose end is to be called.
type ended struct {
	by *binding
	op *operation
}

// callers are the goroutines that make the calls of bindings. One that finds nothing to do ends.
var callers pool

type pool struct {
	mu      sync.Mutex
	waiting fifo[ended]
	running int
}

// mostCallers bounds the goroutines, since callbacks may block: the number of threads that the
// system's pool has by default.
const mostCallers = 512

func (p *pool) give(e ended) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting.push(e)
	if p.running < mostCallers {
		p.running++
		go p.run()
	}
}

func (p *pool) run() {
	for {
		e, ok := p.next()
		if !ok {
			return
		}
		e.by.call(e.op)
	}
}

// next takes what has waited longest, or lets the caller end.
func (p *pool) next() (e ended, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok = p.waiting.pop(); !ok {
		p.running--
	}
	return e, ok
}

// drop forgets the calls for b that have not begun, and returns how many there were.
func (p *pool) drop(b *binding) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range len(p.waiting.items) - p.waiting.head {
		if e, _ := p.waiting.pop(); e.by == b {
			e.op.recycle()
			n++
		} else {
			p.waiting.push(e)
		}
	}
	return n
}
