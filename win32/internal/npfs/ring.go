// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

// ring holds the bytes of writes that are over and not yet read, in order. It grows by
// doubling; how much it may hold is the business of the queue's quota.
type ring struct {
	buf  []byte
	head int
	n    int
}

const ringStart = 512

// append stores p behind what is there.
func (g *ring) append(p []byte) {
	if g.n+len(p) > len(g.buf) {
		g.grow(g.n + len(p))
	}
	tail := (g.head + g.n) & (len(g.buf) - 1)
	m := copy(g.buf[tail:], p)
	copy(g.buf, p[m:])
	g.n += len(p)
}

func (g *ring) grow(need int) {
	size := max(ringStart, 2*len(g.buf))
	for size < need {
		size *= 2
	}
	next := make([]byte, size)
	g.peek(next[:g.n], 0)
	g.buf, g.head = next, 0
}

// peek copies to dst the bytes that follow the first skip ones. They must be there.
func (g *ring) peek(dst []byte, skip int) {
	if len(dst) == 0 {
		return
	}
	from := (g.head + skip) & (len(g.buf) - 1)
	m := copy(dst, g.buf[from:])
	copy(dst[m:], g.buf)
}

// drop forgets the first k bytes.
func (g *ring) drop(k int) {
	g.n -= k
	if g.n == 0 {
		g.head = 0
		return
	}
	g.head = (g.head + k) & (len(g.buf) - 1)
}

// entry is one write whose bytes are not all read: a message on a pipe of message type.
type entry struct {
	r    *Request // the write, while it is pending; its bytes are in r.buf
	own  []byte   // bytes of a transaction that could not go to the ring in order
	size int
	pos  int // bytes read
}

func (e *entry) left() int { return e.size - e.pos }

// outside returns the unread bytes of an entry that does not have them in the ring, or nil.
func (e *entry) outside() []byte {
	switch {
	case e.r != nil:
		return e.r.buf[e.pos:]
	case e.own != nil:
		return e.own[e.pos:]
	}
	return nil
}

// entries is a ring of entries, a power of two long.
type entries struct {
	buf  []entry
	head int
	n    int
}

const entriesStart = 8

func (q *entries) at(i int) *entry { return &q.buf[(q.head+i)&(len(q.buf)-1)] }

func (q *entries) push(e entry) {
	if q.n == len(q.buf) {
		q.grow()
	}
	q.n++
	*q.at(q.n - 1) = e
}

func (q *entries) grow() {
	next := make([]entry, max(entriesStart, 2*len(q.buf)))
	for i := range q.n {
		next[i] = *q.at(i)
	}
	q.buf, q.head = next, 0
}

func (q *entries) pop() {
	*q.at(0) = entry{}
	q.head = (q.head + 1) & (len(q.buf) - 1)
	q.n--
}

// remove takes out entry i; the later ones move up.
func (q *entries) remove(i int) {
	for ; i < q.n-1; i++ {
		*q.at(i) = *q.at(i + 1)
	}
	*q.at(q.n - 1) = entry{}
	q.n--
}
