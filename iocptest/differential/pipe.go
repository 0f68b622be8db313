// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"iocp"
)

// pipe is a pipe of the system with both its ends on the port, and the model of it.
type pipe struct {
	r       *runner
	in, out *iocp.File // what is written to out is read from in
	keyIn   any
	keyOut  any
	skip    bool
	seed    uint64
	written uint64
	read    uint64
	pending []*pipeRead
	fin     bool // out is closed
}

type pipeRead struct {
	*op
	buf []byte
}

// onPipe makes a step for a pipe, which is made if the slot is free.
func onPipe(do func(*pipe, Step)) func(*runner, Step) {
	return func(r *runner, s Step) {
		slot := int(s.Slot) % len(r.pipes)
		if r.pipes[slot] == nil {
			r.pipes[slot] = r.newPipe(s)
		}
		do(r.pipes[slot], s)
	}
}

func (r *runner) newPipe(s Step) *pipe {
	in, out, err := os.Pipe()
	r.must(err, "making a pipe")
	r.ids += 2
	p := &pipe{r: r, keyIn: r.ids, keyOut: r.ids - 1, seed: uint64(r.ids), skip: s.B%3 == 0}
	for _, e := range []struct {
		file **iocp.File
		of   *os.File
		key  any
	}{{&p.in, in, p.keyIn}, {&p.out, out, p.keyOut}} {
		*e.file, err = iocp.NewFile(e.of)
		r.must(err, "adopting a pipe")
		r.associate(*e.file, e.key)
		if p.skip {
			r.must((*e.file).SkipOnSuccess(), "SkipOnSuccess")
		}
	}
	return p
}

func (p *pipe) available() int { return int(p.written - p.read) }

func writePipeStep(p *pipe, s Step) {
	if p.fin || p.available() > 0 && len(p.pending) == 0 {
		return
	}
	data := make([]byte, int(s.A)%most+1)
	fill(data, p.seed, p.written)
	o := p.r.newOp("write pipe", p.keyOut, p.skip)
	p.r.start(o, p.out.Write(o, data, 0))
	p.r.await(o)
	if o.err != nil || int(o.n) != len(data) {
		p.r.broken("%v of %d bytes: %s", o, len(data), o.outcome())
	}
	p.written += uint64(len(data))
	p.settle()
}

func readPipeStep(p *pipe, s Step) {
	if len(p.pending) > 6 {
		return
	}
	h := &pipeRead{op: p.r.newOp("read pipe", p.keyIn, p.skip), buf: make([]byte, int(s.A)%most+1)}
	expires := s.B%5 == 0 && p.available() == 0 && !p.fin
	if expires {
		h.SetTimeout(time.Millisecond)
	}
	p.r.start(h.op, p.in.Read(h.op, h.buf, 0))
	if !expires {
		p.pending = append(p.pending, h)
		p.settle()
		return
	}
	p.ended([]*pipeRead{h}, os.ErrDeadlineExceeded)
}

func (p *pipe) settle() {
	for len(p.pending) > 0 && (p.fin || p.available() > 0) {
		h := p.pending[0]
		p.r.await(h.op)
		p.pending = p.pending[1:]
		p.took(h)
	}
}

func (p *pipe) took(h *pipeRead) {
	want := min(len(h.buf), p.available())
	eof := want == 0
	if int(h.n) != want || eof != errors.Is(h.err, io.EOF) || !eof && h.err != nil {
		p.r.broken("%v of %d bytes with %d to read: %s", h, len(h.buf), p.available(), h.outcome())
	}
	if i := mismatch(h.buf[:want], p.seed, p.read); i >= 0 {
		p.r.broken("%v: byte %d is %d", h, i, h.buf[i])
	}
	p.read += uint64(want)
}

func (p *pipe) ended(pending []*pipeRead, target error) {
	for _, h := range pending {
		p.r.await(h.op)
		if !errors.Is(h.err, target) || h.n != 0 {
			p.r.broken("%v: %s, want %v", h, h.outcome(), target)
		}
	}
}

func cancelPipeStep(p *pipe, s Step) {
	if len(p.pending) == 0 {
		if err := p.in.CancelAll(); !errors.Is(err, iocp.ErrNotFound) {
			p.r.broken("CancelAll of nothing: %v", err)
		}
		return
	}
	i := int(s.A) % len(p.pending)
	h := p.pending[i]
	p.r.must(p.in.Cancel(h.op), "Cancel")
	p.ended([]*pipeRead{h}, iocp.ErrCanceled)
	p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
}

// closePipeStep closes the writing end, after which the reads find the end, or all of it.
func closePipeStep(p *pipe, s Step) {
	if !p.fin && s.A%2 == 0 {
		p.r.must(p.out.Close(), "Close")
		p.fin = true
		p.settle()
		return
	}
	p.close()
	for i := range p.r.pipes {
		if p.r.pipes[i] == p {
			p.r.pipes[i] = nil
		}
	}
}

func (p *pipe) close() {
	p.r.must(p.in.Close(), "Close")
	p.ended(p.pending, fs.ErrClosed)
	p.pending = nil
	if !p.fin {
		p.r.must(p.out.Close(), "Close")
	}
}
