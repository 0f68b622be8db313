// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import (
	"strings"
	"sync"
	"time"
)

// NoMessage is the size of the next message of a mailslot that has none.
const NoMessage = -1

// Mailslot is the reading end of a mailslot, from [Space.CreateMailslot]. It receives whole
// messages, of any number of writers. All methods may be called concurrently.
type Mailslot struct {
	space *Space
	name  string
	max   int // longest message, 0 for any

	mu     sync.Mutex
	limit  time.Duration
	closed bool
	all    entries
	ring   ring
	reads  list
}

// CreateMailslot makes a mailslot. Messages may be at most longest bytes, zero for any size. A
// read waits for a message until limit is over: zero not at all, negative for ever.
func (s *Space) CreateMailslot(name string, longest int, limit time.Duration) (*Mailslot, Status) {
	if name == "" {
		return nil, NameInvalid
	}
	key := strings.ToLower(name)
	m := &Mailslot{space: s, name: key, max: longest, limit: limit}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots[key] != nil {
		return nil, NameCollision
	}
	if s.slots == nil {
		s.slots = make(map[string]*Mailslot)
	}
	s.slots[key] = m
	return m, Success
}

// OpenMailslot returns the mailslot for writing to it.
func (s *Space) OpenMailslot(name string) (*Mailslot, Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.slots[strings.ToLower(name)]
	if m == nil {
		return nil, NameNotFound
	}
	return m, Success
}

// Read takes the next message. One that is longer than buf stays, and the read fails. If there
// is none, the read pends for as long as the mailslot says.
func (m *Mailslot) Read(r *Request, buf []byte) (st Status, n int, pending bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return InvalidHandle, 0, false
	case m.all.n > 0:
		st, n = m.take(buf)
		return st, n, false
	case m.limit == 0:
		return IOTimeout, 0, false
	}
	m.reads.pend(r, nil, buf)
	r.slot.Store(m)
	m.arm(r)
	return Success, 0, true
}

func (m *Mailslot) take(buf []byte) (Status, int) {
	n := m.all.at(0).size
	if n > len(buf) {
		return BufferTooSmall, 0
	}
	m.ring.peek(buf[:n], 0)
	m.ring.drop(n)
	m.all.pop()
	return Success, n
}

// arm starts the timer of r. A timer of an earlier use may still fire; it finds that r is not
// due, or not pending.
func (m *Mailslot) arm(r *Request) {
	if m.limit < 0 {
		r.due = time.Time{}
		return
	}
	r.due = time.Now().Add(m.limit)
	if r.timer == nil {
		r.timer = time.AfterFunc(m.limit, func() { expire(r) })
	} else {
		r.timer.Reset(m.limit)
	}
}

func expire(r *Request) {
	m := r.slot.Load()
	if m == nil {
		return
	}
	var out batch
	m.mu.Lock()
	if r.slot.Load() == m && !r.due.IsZero() && !time.Now().Before(r.due) {
		m.reads.remove(r)
		m.over(r, IOTimeout, 0, &out)
	}
	m.mu.Unlock()
	out.tell()
}

// over ends the read r, which is in no list any more.
func (m *Mailslot) over(r *Request, st Status, n int, out *batch) {
	r.slot.Store(nil)
	if !r.due.IsZero() {
		r.timer.Stop()
	}
	out.add(r, st, n)
}

// Write sends data as one message; it never waits. It is copied.
func (m *Mailslot) Write(data []byte) (Status, int) {
	var out batch
	m.mu.Lock()
	st := m.write(data, &out)
	m.mu.Unlock()
	out.tell()
	if st != Success {
		return st, 0
	}
	return Success, len(data)
}

func (m *Mailslot) write(data []byte, out *batch) Status {
	switch {
	case m.closed:
		return FileForcedClosed
	case m.max > 0 && len(data) > m.max:
		return InvalidParameter
	}
	for m.reads.head != nil {
		r := m.reads.pop()
		if len(r.buf) < len(data) {
			m.over(r, BufferTooSmall, 0, out)
			continue
		}
		m.over(r, Success, copy(r.buf, data), out)
		return Success
	}
	m.ring.append(data)
	m.all.push(entry{size: len(data)})
	return Success
}

// Cancel ends r as cancelled if it is a pending read of m, and says whether it was.
func (m *Mailslot) Cancel(r *Request) bool {
	return m.CancelFunc(func(other *Request) bool { return other == r }) > 0
}

// CancelFunc cancels the pending reads that match says so of, and returns how many there were.
// match is called under a lock: it must not block, or call anything here.
func (m *Mailslot) CancelFunc(match func(*Request) bool) (n int) {
	var out batch
	m.mu.Lock()
	for r := m.reads.head; r != nil; {
		next := r.next
		if match(r) {
			m.reads.remove(r)
			m.over(r, Cancelled, 0, &out)
			n++
		}
		r = next
	}
	m.mu.Unlock()
	out.tell()
	return n
}

// Info returns the longest message allowed (0 for any), the size of the next message or
// [NoMessage], the number of messages, and the time limit of reads.
func (m *Mailslot) Info() (longest, next, count int, limit time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next = NoMessage
	if m.all.n > 0 {
		next = m.all.at(0).size
	}
	return m.max, next, m.all.n, m.limit
}

// SetLimit changes the time limit of the reads to come.
func (m *Mailslot) SetLimit(limit time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = limit
}

// Close closes the mailslot: reads that wait end, messages are lost, writers fail. A second
// Close does nothing.
func (m *Mailslot) Close() {
	var out batch
	m.space.mu.Lock()
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		delete(m.space.slots, m.name)
		for m.reads.head != nil {
			m.over(m.reads.pop(), FileForcedClosed, 0, &out)
		}
		m.all, m.ring = entries{}, ring{}
	}
	m.mu.Unlock()
	m.space.mu.Unlock()
	out.tell()
}
