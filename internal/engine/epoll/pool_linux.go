// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import "golang.org/x/sys/unix"

// room is where a goroutine of the pool puts vectors together.
type room struct{ vectors [maxVectors]unix.Iovec }

// block carries out a request in blocking system calls. It runs in the pool.
func (e *Engine) block(r *request, left *room) int32 { return r.block(e.noWait, &left.vectors) }

// carriedOut ends a request that a goroutine of the pool has carried out, and lets the line go on
// of which it may be the head.
func (e *Engine) carriedOut(r *request, res int32) {
	e.drive.Lock()
	if r.place == inLine {
		d, l := r.desc, r.desc.line(r.op.Kind)
		if l.lent == r { // or the descriptor was forgotten
			l.lent = nil
		}
		e.waits--
		e.finish(r, res)
		e.run(d, l)
	} else {
		e.finish(r, res)
	}
	e.show()
	e.drive.Unlock()
	e.alert()
}
