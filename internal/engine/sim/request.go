// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/sys"
)

// request is one operation in flight. All but its place in the engine's table is guarded by the
// machine's lock.
type request struct {
	inflight.Request[request] // must be the first field

	op     *engine.Op // keeps the operation and its memory reachable; nil if free
	e      *Engine
	number uint64 // of the operations of the engine

	place    place
	refuses  int  // how often Enter stops before it
	listed   bool // among the engine's cancels
	delayed  bool // it begins late, so that it can be cancelled before
	canceled bool // asked to end, and not over
	late     bool // it has been asked too late, unless it has to wait
	node     *node
	done     int // bytes transferred so far
	res      int32
	dice     dice
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{} // it is the first field

// place says where a request is.
type place uint8

const (
	atEngine  place = iota // not taken by the machine yet
	underWay               // it will be tried
	inLine                 // it waits for its descriptor
	isOver                 // it has a result, perhaps not shown yet
	delivered              // the engine has it again
)

// fifo is a list in which requests wait.
type fifo = inflight.List[request]

// begin gives a request to the machine.
func (m *Machine) begin(r *request) {
	r.place = underWay
	d := &r.dice
	if r.op.Kind == engine.Nop { // of no interest to anybody
		m.attempt(r)
		return
	}
	r.node = m.node(r.op.FD)
	if r.node != nil {
		r.node.refs++
	}
	delay := m.late(m.faults.Delay, d)
	r.delayed = delay > 0
	m.schedule(event{what: carryOut, req: r, gen: r.Generation()}, m.latency(d)+delay, d)
}

func (m *Machine) happenToRequest(ev *event) {
	r := ev.req
	if r.Generation() != ev.gen {
		return
	}
	switch ev.what {
	case carryOut:
		m.attempt(r)
	case giveUp:
		m.cancel(r)
	case show:
		r.e.show(m, r)
	case lose:
		if r.place == inLine {
			m.leaveLine(r)
			m.finish(r, r.partial(sys.ECANCELED))
		}
	}
}

// cancel ends a request that waits. One that is under way is carried out all the same if it need
// not wait, as kernels try at once, unless it is delayed.
func (m *Machine) cancel(r *request) {
	switch r.place {
	case underWay:
		r.late, r.canceled = !r.delayed, r.delayed
	case inLine:
		m.leaveLine(r)
		m.finish(r, r.partial(sys.ECANCELED))
	}
}

// attempt carries a request out, or has it wait. One that waits already is tried again.
func (m *Machine) attempt(r *request) {
	switch {
	case r.place == inLine:
		m.leaveLine(r)
		r.place = underWay
	case r.place != underWay:
		return
	case r.canceled:
		m.finish(r, -int32(sys.ECANCELED))
		return
	default:
		if errno := m.misfortune(r); errno != 0 {
			m.finish(r, -int32(errno))
			return
		}
	}
	if res, over := m.try(r); over {
		m.finish(r, res)
	} else {
		m.wait(r)
	}
}

// wait puts a request into the line of its descriptor.
func (m *Machine) wait(r *request) {
	if r.late {
		m.finish(r, r.partial(sys.ECANCELED))
		return
	}
	r.place = inLine
	r.node.line(r.op.Kind).Push(r)
	if d := &r.dice; !r.e.calm && d.hits(m.faults.ThreadLoss) {
		m.schedule(event{what: lose, req: r, gen: r.Generation()}, d.below(int64(m.faults.MaxDelay)), d)
	}
}

func (m *Machine) leaveLine(r *request) {
	r.node.line(r.op.Kind).Remove(r)
}

// partial is the result of a request that ends with errno: what was transferred counts.
func (r *request) partial(errno sys.Errno) int32 {
	if r.done > 0 {
		return int32(r.done)
	}
	return -int32(errno)
}

// finish gives a request its result, which is shown now or later.
func (m *Machine) finish(r *request, res int32) {
	r.place, r.res = isOver, res
	if n := r.node; n != nil {
		r.node = nil
		n.unref(m)
	}
	if late := m.late(m.faults.Reorder, &r.dice); late > 0 {
		m.schedule(event{what: show, req: r, gen: r.Generation()}, late, &r.dice)
		return
	}
	r.e.show(m, r)
}

// misfortune is the error that a request gets instead of being carried out.
func (m *Machine) misfortune(r *request) sys.Errno {
	f, d, k := &m.faults, &r.dice, r.op.Kind
	switch {
	case r.e != nil && r.e.calm:
		return 0
	case d.hits(f.ThreadLoss):
		return sys.ECANCELED
	case d.hits(f.Interrupt):
		return sys.EINTR
	case k == engine.Close || k == engine.Shutdown || k == engine.Nop:
		return 0
	case d.hits(f.NoMemory):
		return errNoMemory
	case k != engine.Poll && d.hits(f.Again):
		return sys.EAGAIN
	case k == engine.Accept && d.hits(f.NoFiles):
		return tooMany(d)
	case r.node == nil:
		return 0
	case r.node.file != nil:
		return m.diskError(k, d)
	case k != engine.Poll && d.hits(f.NoBuffers):
		return errNoBuffers
	}
	return m.netError(r)
}

// netError is what the network does to a request.
func (m *Machine) netError(r *request) sys.Errno {
	s, d := r.node.sock, &r.dice
	if s.typ != sys.SockStream {
		return 0
	}
	switch r.op.Kind {
	case engine.Connect:
		if s.state == fresh && d.hits(m.faults.Refuse) {
			return sys.ECONNREFUSED
		}
	case engine.Recv, engine.RecvMsg, engine.Send, engine.SendMsg:
		if s.state == connected && !s.dead && d.hits(m.faults.Reset) {
			return s.breakDown(m, d)
		}
	}
	return 0
}

func tooMany(d *dice) sys.Errno {
	if d.below(2) == 0 {
		return sys.ENFILE
	}
	return sys.EMFILE
}

func (m *Machine) diskError(k engine.Kind, d *dice) sys.Errno {
	switch {
	case !d.hits(m.faults.Disk):
		return 0
	case (k == engine.Write || k == engine.Writev) && d.below(2) == 0:
		return errNoSpace
	case k == engine.Poll:
		return 0
	}
	return errIO
}
