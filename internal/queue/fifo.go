// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

// fifo is a growing ring of packets, a power of two long. It never shrinks: a port that was
// deep once will be again.
type fifo[P any] struct {
	buf  []P
	head uint32
	n    int
}

const fifoStart = 64

func (f *fifo[P]) push(k P) {
	if f.n == len(f.buf) {
		f.grow()
	}
	f.buf[(f.head+uint32(f.n))&uint32(len(f.buf)-1)] = k
	f.n++
}

func (f *fifo[P]) grow() {
	next := make([]P, max(fifoStart, 2*len(f.buf)))
	m := copy(next, f.buf[f.head:])
	copy(next[m:], f.buf[:f.head])
	f.buf, f.head = next, 0
}

// pop moves up to len(dst) packets to dst, oldest first, and forgets them.
func (f *fifo[P]) pop(dst []P) int {
	n := min(len(dst), f.n)
	if n == 1 {
		f.popOne(&dst[0])
	} else if n > 1 {
		f.popAll(dst[:n])
	}
	return n
}

// popAll fills dst.
func (f *fifo[P]) popAll(dst []P) {
	m := copy(dst, f.buf[f.head:])
	clear(f.buf[f.head:][:m])
	n := copy(dst[m:], f.buf)
	clear(f.buf[:n])
	f.head = (f.head + uint32(len(dst))) & uint32(len(f.buf)-1)
	f.n -= len(dst)
}

// popOne moves the oldest packet, which must be there, to *k.
func (f *fifo[P]) popOne(k *P) {
	var zero P
	s := &f.buf[f.head]
	*k, *s = *s, zero
	f.head = (f.head + 1) & uint32(len(f.buf)-1)
	f.n--
}

// room returns a free stretch behind the last packet, to be filled in place; at least one
// slot. What was filled becomes part of the queue by f.n += filled.
func (f *fifo[P]) room() []P {
	if f.n == len(f.buf) {
		f.grow()
	}
	tail := (f.head + uint32(f.n)) & uint32(len(f.buf)-1)
	if tail < f.head {
		return f.buf[tail:f.head]
	}
	return f.buf[tail:]
}
