// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import "sync"

// State is the state of an instance as one of its ends sees it.
type State uint8

// The states.
const (
	Disconnected State = iota + 1
	Listening
	Connected
	Closing // the other end is closed
)

// instance is a server's end, and a client's when there is one. Its lock protects both ends
// and the queues between them. It is taken after the lock of the space.
type instance struct {
	mu       sync.Mutex
	pipe     *pipe
	state    State
	server   *End
	client   *End     // the client that has the instance now; others are detached
	queues   [2]queue // by the side that reads
	connects list
}

// side is an end of an instance, and the queue that end reads.
type side uint8

const (
	serverSide side = iota
	clientSide
)

func newInstance(p *pipe, c Config) *instance {
	in := &instance{pipe: p, state: Disconnected}
	in.queues[serverSide] = queue{message: p.Messages, quota: c.InQuota}
	in.queues[clientSide] = queue{message: p.Messages, quota: c.OutQuota}
	in.server = &End{
		in: in, side: serverSide, mode: c.Mode, noWait: c.NoWait,
		canRead: p.Direction != Outbound, canWrite: p.Direction != Inbound,
	}
	return in
}

// connect makes the client's end and ends the connects that wait.
func (in *instance) connect(read, write bool, out *batch) *End {
	in.client = &End{in: in, side: clientSide, canRead: read, canWrite: write}
	in.state = Connected
	in.connects.end(Success, out)
	return in.client
}

// End is one end of a pipe: the server's, from [Space.Create], or a client's, from
// [Space.Open]. All methods may be called concurrently.
type End struct {
	in                *instance
	side              side
	canRead, canWrite bool
	mode              ReadMode
	noWait            bool
	closed            bool
}

// Server says whether e is the server's end.
func (e *End) Server() bool { return e.side == serverSide }

// incoming and outgoing are the queues e reads and writes.
func (e *End) incoming() *queue { return &e.in.queues[e.side] }
func (e *End) outgoing() *queue { return &e.in.queues[1-e.side] }

// peer is the other end, nil when it is closed or there is none.
func (e *End) peer() *End {
	if e.side == serverSide {
		return e.in.client
	}
	return e.in.server
}

// attached reports a client the server has disconnected, and an end that is closed.
func (e *End) attached() Status {
	switch {
	case e.closed:
		return InvalidHandle
	case e.side == clientSide && e.in.client != e:
		return PipeDisconnected
	}
	return Success
}

// ready says whether data can flow; closing is what it says when the peer is closed.
func (e *End) ready(closing Status) Status {
	if s := e.attached(); s != Success {
		return s
	}
	switch e.in.state {
	case Disconnected:
		return PipeDisconnected
	case Listening:
		return PipeListening
	case Closing:
		return closing
	}
	return Success
}

// Read reads into buf what the read mode of e allows. If nothing is there it pends, or fails
// as empty if e does not wait.
func (e *End) Read(r *Request, buf []byte) (st Status, n int, pending bool) {
	var out batch
	e.in.mu.Lock()
	st, n, pending = e.read(r, buf, &out)
	e.in.mu.Unlock()
	out.tell()
	return st, n, pending
}

func (e *End) read(r *Request, buf []byte, out *batch) (Status, int, bool) {
	st := e.ready(PipeBroken)
	switch {
	case st != InvalidHandle && !e.canRead:
		return AccessDenied, 0, false
	case st != Success && st != PipeBroken:
		return st, 0, false
	}
	q := e.incoming()
	switch {
	case q.all.n > 0:
		st, n := q.read(buf, e.mode, out)
		return st, n, false
	case st != Success:
		return st, 0, false
	case e.noWait:
		return PipeEmpty, 0, false
	}
	q.reads.pend(r, e, buf)
	return Success, 0, true
}

// Write writes all of data, which must not change until the write is over. It pends while the
// quota does not suffice. An end that does not wait writes what it can: on a pipe of message
// type all or nothing, else what the reads that wait can take, and the rest if that fits.
func (e *End) Write(r *Request, data []byte) (st Status, n int, pending bool) {
	var out batch
	e.in.mu.Lock()
	st, n, pending = e.write(r, data, &out)
	e.in.mu.Unlock()
	out.tell()
	return st, n, pending
}

func (e *End) write(r *Request, data []byte, out *batch) (Status, int, bool) {
	switch st := e.ready(PipeClosing); {
	case st != InvalidHandle && !e.canWrite:
		return AccessDenied, 0, false
	case st != Success:
		return st, 0, false
	}
	q := e.outgoing()
	if len(data) == 0 && !q.message || e.noWait && q.message && !q.fits(len(data)) {
		return Success, 0, false
	}
	pos, over := q.feed(data, e.peer().mode, out)
	if !over && e.noWait && !q.fits(len(data)-pos) {
		return Success, pos, false
	}
	if over || q.add(r, data, pos) {
		return Success, len(data), false
	}
	r.end, r.buf = e, data
	return Success, 0, true
}

// Flush waits until everything written before has been read (O08). It ends at once if nothing
// is unread.
func (e *End) Flush(r *Request) (st Status, pending bool) {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	st = e.attached()
	switch {
	case st != Success:
	case !e.canWrite:
		st = AccessDenied
	case e.outgoing().all.n > 0 && e.in.state == Connected:
		e.outgoing().flush(r, e)
		return Success, true
	}
	return st, false
}

// Transact writes data as one message, which never waits, and then reads the next message
// into buf. It needs a pipe of message type, an end that reads messages, and that nothing is
// unread and no other read waits. Cancelling it does not take back what it wrote.
func (e *End) Transact(r *Request, data, buf []byte) (st Status, pending bool) {
	var out batch
	e.in.mu.Lock()
	st, pending = e.transact(r, data, buf, &out)
	e.in.mu.Unlock()
	out.tell()
	return st, pending
}

func (e *End) transact(r *Request, data, buf []byte, out *batch) (Status, bool) {
	if st := e.attached(); st != Success {
		return st, false
	}
	in := e.incoming()
	switch {
	case !e.canRead || !e.canWrite:
		return AccessDenied, false
	case e.in.state != Connected:
		return InvalidPipeState, false
	case !in.message || e.mode != ReadMessages:
		return InvalidReadMode, false
	case in.all.n > 0 || in.reads.head != nil:
		return PipeBusy, false
	}
	q := e.outgoing()
	if pos, over := q.feed(data, e.peer().mode, out); !over {
		q.addNow(data, pos)
	}
	in.reads.pend(r, e, buf)
	return Success, true
}

// Cancel ends r as cancelled if it was started on e and is pending, and says whether it was.
// A write that is cancelled takes its unread bytes with it (O07).
func (e *End) Cancel(r *Request) bool {
	return e.CancelFunc(func(other *Request) bool { return other == r }) > 0
}

// CancelFunc cancels the pending requests of e that match says so of, and returns how many
// there were. match is called under a lock: it must not block, or call anything here.
func (e *End) CancelFunc(match func(*Request) bool) int {
	var out batch
	e.in.mu.Lock()
	n := e.in.connects.cancel(e, match, &out)
	n += e.incoming().reads.cancel(e, match, &out)
	n += e.outgoing().flushes.cancel(e, match, &out)
	n += e.outgoing().cancelWrites(e, match, &out)
	e.in.mu.Unlock()
	out.tell()
	return n
}
