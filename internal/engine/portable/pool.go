// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

// carriedOut ends a request that a goroutine of the pool has carried out, and lets the line go on
// of which it may be the head.
func (e *Engine) carriedOut(r *request, res int32) {
	d := r.desc
	if d == nil {
		e.finish(r, res)
		e.alert()
		return
	}
	d.mu.Lock()
	l := d.line(r.op.Kind)
	if l.lent == r { // or the descriptor was given up
		l.lent = nil
	}
	r.end(res)
	l.run(false)
	l.attend()
	d.mu.Unlock()
	e.alert()
}
