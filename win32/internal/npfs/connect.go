// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

// Connect waits for a client (H01). If one is there, or was there, it says so at once (H02,
// H03). An end that does not wait begins to listen and says that it listens.
func (e *End) Connect(r *Request) (st Status, pending bool) {
	if !e.Server() {
		return IllegalFunction, false // O09
	}
	s := e.in.pipe.space
	s.mu.Lock()
	defer s.mu.Unlock()
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	return e.connect(r)
}

func (e *End) connect(r *Request) (Status, bool) {
	in := e.in
	switch {
	case e.closed:
		return InvalidHandle, false
	case in.state == Connected:
		return PipeConnected, false
	case in.state == Closing:
		return PipeClosing, false
	case in.state == Disconnected:
		in.state = Listening
		in.pipe.listen(in)
	}
	if e.noWait {
		return PipeListening, false
	}
	in.connects.pend(r, e, nil)
	return Success, true
}

// Disconnect takes the pipe from the client: what waits at either end ends as disconnected,
// and what is unread is lost (H15, O09).
func (e *End) Disconnect() Status {
	if !e.Server() {
		return IllegalFunction
	}
	var out batch
	s := e.in.pipe.space
	s.mu.Lock()
	e.in.mu.Lock()
	st := e.disconnect(&out)
	e.in.mu.Unlock()
	s.mu.Unlock()
	out.tell()
	return st
}

func (e *End) disconnect(out *batch) Status {
	in := e.in
	switch {
	case e.closed:
		return InvalidHandle
	case in.state == Disconnected:
		return PipeDisconnected
	}
	in.pipe.deaf(in)
	in.connects.end(PipeDisconnected, out)
	for i := range in.queues {
		in.queues[i].clear(PipeDisconnected, out)
	}
	in.client, in.state = nil, Disconnected
	return Success
}

// Close closes e. Reads that wait at either end, and writes of the peer, end as broken, and so
// do connects (H07, H09, H16). What e wrote stays for the peer, and so do writes of e that
// wait: they end when the peer has read them, or is closed. A second Close does nothing.
func (e *End) Close() {
	var out batch
	s := e.in.pipe.space
	s.mu.Lock()
	e.in.mu.Lock()
	if !e.closed {
		e.closed = true
		e.close(&out)
	}
	e.in.mu.Unlock()
	s.mu.Unlock()
	out.tell()
}

func (e *End) close(out *batch) {
	in := e.in
	if e.Server() {
		in.pipe.deaf(in)
		in.pipe.drop()
		in.connects.end(PipeBroken, out)
		in.server = nil
	} else if in.client != e {
		return // disconnected
	} else {
		in.client = nil
	}
	e.incoming().clear(PipeBroken, out)
	e.outgoing().reads.end(PipeBroken, out)
	if in.state == Connected {
		in.state = Closing
	} else {
		e.outgoing().clear(PipeBroken, out)
	}
}

// Mode returns the read mode of e and whether it does not wait.
func (e *End) Mode() (mode ReadMode, noWait bool, st Status) {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	return e.mode, e.noWait, e.attached()
}

// SetMode changes both. Messages can be read only from a pipe of message type. An end with
// reads or writes that wait cannot be told not to wait.
func (e *End) SetMode(mode ReadMode, noWait bool) Status {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	switch st := e.attached(); {
	case st != Success:
		return st
	case mode == ReadMessages && !e.incoming().message:
		return InvalidParameter
	case noWait && !e.noWait && e.waits():
		return PipeBusy
	}
	e.mode, e.noWait = mode, noWait
	return Success
}

// waits says whether a read or a write of e is pending.
func (e *End) waits() bool {
	out := e.outgoing()
	return e.incoming().reads.head != nil || out.done < out.all.n
}

// Info is what an end knows of its pipe.
type Info struct {
	Messages          bool
	Server            bool // the end is the server's
	Direction         Direction
	State             State
	Max, Instances    int
	InQuota, OutQuota int // of the pipe, as in [Config], whichever end is asked
	Available         int // bytes that can be read
	Room              int // bytes of quota that are free for writing
}

// Info describes the pipe as e sees it.
func (e *End) Info() (Info, Status) {
	p := e.in.pipe
	p.space.mu.Lock()
	defer p.space.mu.Unlock()
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	if st := e.attached(); st != Success {
		return Info{}, st
	}
	out := e.outgoing()
	return Info{
		Messages: p.Messages, Server: e.Server(), Direction: p.Direction, State: e.in.state,
		Max: p.Max, Instances: p.instances,
		InQuota: e.in.queues[serverSide].quota, OutQuota: e.in.queues[clientSide].quota,
		Available: e.incoming().bytes, Room: max(out.quota-out.bytes, 0),
	}, Success
}

// Peeked is what [End.Peek] found.
type Peeked struct {
	N         int // bytes copied
	Available int // bytes unread, of all messages
	Message   int // unread bytes of the first message; 0 on a pipe of byte type
}

// Peek copies to buf what can be read, without taking it: at most the first message on a pipe
// of message type, whatever the read mode. If the message has more, the status is
// [BufferOverflow].
func (e *End) Peek(buf []byte) (Peeked, Status) {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	q := e.incoming()
	st := e.attached()
	switch {
	case st != Success:
	case !e.canRead:
		st = AccessDenied
	case e.in.state == Disconnected || e.in.state == Listening:
		st = InvalidPipeState
	case e.in.state == Closing && q.all.n == 0:
		st = PipeBroken
	default:
		p := Peeked{N: q.peek(buf), Available: q.bytes}
		if q.message && q.all.n > 0 {
			p.Message = q.all.at(0).left()
		}
		if p.Message > p.N {
			return p, BufferOverflow
		}
		return p, Success
	}
	return Peeked{}, st
}
