// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

// fifo is a queue of packets in a chain of blocks: it grows with the port's lock held, so
// growing must not move what is in it. Blocks that have been emptied are kept, since a port
// that was deep once will be again, and used again newest first, so that a shallow queue
// stays in the cache.
type fifo[P any] struct {
	n     int
	head  *block[P] // holds the oldest packet, from which it is emptied
	first int
	tail  *block[P] // where packets are added
	end   int
	spare *block[P]
}

// With packets of 64 bytes a block takes 8 KiB.
const blockSize = 127

type block[P any] struct {
	slots [blockSize]P
	next  *block[P]
}

func (f *fifo[P]) push(k P) {
	if f.tail == nil || f.end == blockSize {
		f.extend()
	}
	f.tail.slots[f.end] = k
	f.added(1)
}

// added counts packets that were put behind the last one.
func (f *fifo[P]) added(n int) {
	f.end += n
	f.n += n
}

// extend makes room at the tail, which has none.
func (f *fifo[P]) extend() {
	if f.n == 0 && f.tail != nil { // it is the head, too
		f.first, f.end = 0, 0
		return
	}
	b := f.spare
	if b != nil {
		f.spare, b.next = b.next, nil
	} else {
		b = new(block[P])
	}
	if f.tail == nil {
		f.head = b
	} else {
		f.tail.next = b
	}
	f.tail, f.end = b, 0
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
	for len(dst) > 0 {
		if f.first == blockSize {
			f.advance()
		}
		n := copy(dst, f.head.slots[f.first:])
		clear(f.head.slots[f.first:][:n])
		f.first += n
		f.n -= n
		dst = dst[n:]
	}
}

// popOne moves the oldest packet, which must be there, to *k.
func (f *fifo[P]) popOne(k *P) {
	if f.first == blockSize {
		f.advance()
	}
	var zero P
	s := &f.head.slots[f.first]
	*k, *s = *s, zero
	f.first++
	f.n--
}

// advance goes on to the next block, which must be there.
func (f *fifo[P]) advance() {
	b := f.head
	f.head, f.first = b.next, 0
	b.next, f.spare = f.spare, b
}

// room returns a free stretch behind the last packet, to be filled in place; at least one
// slot. What was filled becomes part of the queue by added.
func (f *fifo[P]) room() []P {
	if f.tail == nil || f.end == blockSize {
		f.extend()
	}
	return f.tail.slots[f.end:]
}
