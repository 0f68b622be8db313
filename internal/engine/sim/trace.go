// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"io"
)

// trace is what has happened on a machine: a hash of all, and lines for whoever wants to read.
type trace struct {
	hash  uint64
	count uint64
	out   io.Writer
	line  []byte
}

func (t *trace) start() { t.hash = 0xcbf29ce484222325 }

// note adds to the hash: FNV-1a, by words.
func (t *trace) note(words ...uint64) {
	for _, w := range words {
		t.hash = (t.hash ^ w) * 0x100000001b3
		t.hash ^= t.hash >> 29
	}
	t.count++
}

// queued notes that r was given to its engine, which is the program's doing, and not when it begins,
// which may be another goroutine's.
func (m *Machine) queued(r *request) {
	op := r.op
	m.trace.note(0, uint64(m.now()), r.e.stream, r.number, uint64(op.Kind), uint64(uint32(op.FD)), uint64(op.Len), uint64(op.Off))
	if m.trace.out != nil {
		m.say("engine %d request %d: %v on %d, %d long, at %d", r.e.stream, r.number, op.Kind, op.FD, op.Len, op.Off)
	}
}

// ended notes the result of r.
func (m *Machine) ended(r *request) {
	m.trace.note(1, uint64(m.now()), r.e.stream, r.number, uint64(uint32(r.res)))
	if m.trace.out != nil {
		m.say("engine %d request %d: result %d", r.e.stream, r.number, r.res)
	}
}

// called notes a call that is no request.
func (m *Machine) called(what string, fd int32, res int64) {
	m.trace.note(2, uint64(m.now()), uint64(what[0]), uint64(len(what)), uint64(uint32(fd)), uint64(res))
	if m.trace.out != nil {
		m.say("%s on %d: %d", what, fd, res)
	}
}

func (m *Machine) say(format string, args ...any) {
	t := &m.trace
	t.line = fmt.Appendf(t.line[:0], "%12.6f ms  ", float64(m.now())/1e6)
	t.line = fmt.Appendf(t.line, format, args...)
	t.out.Write(append(t.line, '\n'))
}

// Hash is a number made of everything that has happened: requests, results, calls, and when. Equal
// numbers mean, for all practical purposes, equal histories.
func (m *Machine) Hash() uint64 {
	m.Lock()
	defer m.Unlock()
	return m.trace.hash
}

// TraceTo writes a line to w for everything that happens from now on; nil ends that. The machine is
// locked while w is written to, so w must not use the machine.
func (m *Machine) TraceTo(w io.Writer) {
	m.Lock()
	m.trace.out = w
	m.Unlock()
}
