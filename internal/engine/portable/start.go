// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// start begins a request. It runs in Enter, which is one goroutine at a time.
func (e *Engine) start(r *request) {
	r.desc, r.done, r.asking = nil, 0, false
	if r.Dead() {
		e.finish(r, -int32(syscall.ECANCELED))
		return
	}
	op := r.op
	switch op.Kind {
	case engine.Nop:
		e.finish(r, 0)
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		if op.Off >= 0 {
			e.lend(r)
		} else {
			e.startLine(r)
		}
	case engine.Recv, engine.Send, engine.RecvMsg, engine.SendMsg, engine.Accept, engine.Connect:
		e.startLine(r)
	case engine.Shutdown:
		e.finish(r, result(0, errnoOf(unix.Shutdown(int(op.FD), int(op.Len)))))
	case engine.Sync:
		e.startSync(r)
	case engine.Poll:
		e.startPoll(r)
	case engine.Close:
		e.startClose(r)
	default:
		e.finish(r, -int32(syscall.EINVAL))
	}
}

// lend gives a request that is in no line to the pool.
func (e *Engine) lend(r *request) {
	r.desc = nil
	e.pool.Push(r)
}

func (e *Engine) startSync(r *request) {
	if r.op.Flags > 1 {
		e.finish(r, -int32(syscall.EINVAL))
		return
	}
	e.lend(r)
}

// startLine puts a request into its line and tries it if that may succeed. A file used without an
// offset never waits in a poller: the pool does that.
func (e *Engine) startLine(r *request) {
	d, errno := e.descriptor(r.op.FD)
	if errno != 0 {
		e.finish(r, -int32(errno))
		return
	}
	if d.whole && r.isStream() {
		e.lend(r)
		return
	}
	r.desc = d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		r.end(-int32(syscall.EBADF))
		return
	}
	l := d.line(r.op.Kind)
	r.place = inLine
	l.Push(r)
	l.run(false)
	l.attend()
}

// isStream reports whether r reads or writes, as opposed to what only sockets do.
func (r *request) isStream() bool {
	switch r.op.Kind {
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		return true
	}
	return false
}
