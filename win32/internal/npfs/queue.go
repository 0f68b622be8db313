// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

// queue is one direction of a connected pipe: data that waits for reads, or reads that wait
// for data. Whoever calls holds the lock of the instance.
//
// Entries are settled from the front: the writes of the first done ones are over. Their bytes
// are in the ring, except those of an entry that has its own storage. Behind them are writes
// that pend, empty messages, and the messages of transactions.
type queue struct {
	message bool // entries are messages
	quota   int

	all     entries
	ring    ring
	bytes   int    // unread bytes of all entries
	done    int    // settled entries
	settled int    // unread bytes of the settled entries
	gone    uint64 // entries that have left the queue: the position of the first entry

	reads   list
	flushes list
}

// read takes what a read in the given mode may take; there is at least one entry.
func (q *queue) read(dst []byte, mode ReadMode, out *batch) (Status, int) {
	if mode == ReadMessages {
		return q.readMessage(dst, out)
	}
	n := 0
	for first := true; q.all.n > 0 && (first || n < len(dst)); first = false {
		n += q.take(dst[n:], out)
	}
	q.settle(out)
	return Success, n
}

func (q *queue) readMessage(dst []byte, out *batch) (Status, int) {
	left := q.all.at(0).left()
	n := q.take(dst, out)
	q.settle(out)
	if n < left {
		return BufferOverflow, n
	}
	return Success, n
}

// take moves bytes of the first entry to dst and drops the entry when nothing is left of it.
func (q *queue) take(dst []byte, out *batch) int {
	e := q.all.at(0)
	n := min(len(dst), e.left())
	if src := e.outside(); src != nil {
		copy(dst, src[:n])
	} else {
		q.ring.peek(dst[:n], 0)
		q.ring.drop(n)
	}
	e.pos += n
	q.bytes -= n
	if q.done > 0 {
		q.settled -= n
	}
	if e.left() == 0 {
		q.pop(out)
	}
	return n
}

// pop drops the first entry, which has been read, and releases who waits for that.
func (q *queue) pop(out *batch) {
	e := q.all.at(0)
	if e.r != nil {
		out.add(e.r, Success, e.size)
	}
	q.all.pop()
	q.done = max(q.done-1, 0)
	q.gone++
	q.release(out)
}

// release ends the flushes whose position was reached.
func (q *queue) release(out *batch) {
	for q.flushes.head != nil && q.flushes.head.mark <= q.gone {
		out.add(q.flushes.pop(), Success, 0)
	}
}

// settle ends the writes that fit the quota now, in order (O06).
func (q *queue) settle(out *batch) {
	for q.done < q.all.n {
		e := q.all.at(q.done)
		if e.r != nil {
			if e.left() > q.quota-q.settled {
				return
			}
			q.ring.append(e.r.buf[e.pos:])
			out.add(e.r, Success, e.size)
			e.r = nil
		}
		q.done++
		q.settled += e.left()
	}
}

// feed gives data to the reads that wait, in order. pos is how much of it they took; over says
// that this was all of it, and for an empty message that a read took it.
func (q *queue) feed(data []byte, mode ReadMode, out *batch) (pos int, over bool) {
	for q.reads.head != nil && !over {
		r := q.reads.pop()
		n := copy(r.buf, data[pos:])
		pos += n
		over = pos == len(data)
		if mode == ReadMessages && !over {
			out.add(r, BufferOverflow, n)
		} else {
			out.add(r, Success, n)
		}
	}
	return pos, over
}

// add appends what is left of a write and says whether the write is over.
func (q *queue) add(r *Request, data []byte, pos int) (over bool) {
	left := len(data) - pos
	over = left == 0 || q.done == q.all.n && left <= q.quota-q.settled
	if over {
		r = nil
		q.ring.append(data[pos:])
	}
	q.put(entry{r: r, size: len(data), pos: pos})
	return over
}

// addNow appends what is left of a transaction's message, whatever the quota: its writing
// never waits. Behind writes that do wait, the bytes cannot go to the ring.
func (q *queue) addNow(data []byte, pos int) {
	e := entry{size: len(data), pos: pos}
	if q.done == q.all.n {
		q.ring.append(data[pos:])
	} else if e.left() > 0 {
		e.own = append([]byte(nil), data...)
	}
	q.put(e)
}

func (q *queue) put(e entry) {
	q.bytes += e.left()
	if q.done == q.all.n && e.r == nil {
		q.done++
		q.settled += e.left()
	}
	q.all.push(e)
}

// fits says whether a write that must not wait can be taken as a whole by the reads that wait
// and the room there is.
func (q *queue) fits(n int) bool {
	for r := q.reads.head; r != nil && n > 0; r = r.next {
		n -= len(r.buf)
	}
	return n <= 0 || n <= q.quota-q.bytes
}

// flush makes r wait until everything that is in the queue now has left it.
func (q *queue) flush(r *Request, e *End) {
	r.mark = q.gone + uint64(q.all.n)
	q.flushes.pend(r, e, nil)
}

// cancelWrites takes out the pending writes of e that match, with the bytes of them that are
// unread (O07); later writes move up. It returns how many there were.
func (q *queue) cancelWrites(e *End, match func(*Request) bool, out *batch) (n int) {
	for i := q.done; i < q.all.n; {
		if r := q.all.at(i).r; r != nil && r.end == e && match(r) {
			q.removeWrite(i, out)
			n++
		} else {
			i++
		}
	}
	if n > 0 {
		q.settle(out)
		q.release(out)
	}
	return n
}

// removeWrite takes out the pending write at i. Flushes that waited for it wait for one entry
// less.
func (q *queue) removeWrite(i int, out *batch) {
	e := q.all.at(i)
	q.bytes -= e.left()
	out.add(e.r, Cancelled, 0)
	q.all.remove(i)
	for f := q.flushes.head; f != nil; f = f.next {
		if f.mark > q.gone+uint64(i) {
			f.mark--
		}
	}
}

// clear ends everything that waits in the queue with s and forgets the data.
func (q *queue) clear(s Status, out *batch) {
	q.reads.end(s, out)
	for i := range q.all.n {
		if r := q.all.at(i).r; r != nil {
			out.add(r, s, 0)
		}
	}
	q.flushes.end(s, out)
	*q = queue{message: q.message, quota: q.quota, gone: q.gone + uint64(q.all.n)}
}

// peek copies to dst from the front without taking: one message of a pipe of message type,
// else all there is.
func (q *queue) peek(dst []byte) (n int) {
	ringed := 0
	for i := 0; i < q.all.n; i++ {
		e := q.all.at(i)
		m := min(len(dst)-n, e.left())
		if src := e.outside(); src != nil {
			copy(dst[n:], src[:m])
		} else {
			q.ring.peek(dst[n:n+m], ringed)
			ringed += e.left()
		}
		if n += m; q.message || n == len(dst) {
			break
		}
	}
	return n
}
