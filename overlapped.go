// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"math"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/hook"
	"iocp/internal/release"
	"iocp/internal/sys"
)

// Overlapped is the state of one operation, as OVERLAPPED is: embed it in a struct of your
// own, and start operations with a pointer to that.
//
// From the start of an operation until its packet has been taken the Overlapped and the
// operation's buffers belong to the port: do not touch the buffers (reading one that is
// being sent is fine), do not copy or reuse the Overlapped. The race detector reports the
// former, go vet the latter; a second start in that time panics (F16). Afterwards it can be
// used again, for any operation on any endpoint. Its zero value is ready.
//
// The port keeps it and the buffers reachable, so an operation may be started and forgotten
// (F22). Operations belong to no goroutine: the one that started them may end (F20).
type Overlapped struct {
	_     noCopy
	state atomic.Uint32 // first what every operation needs: three of the processor's cache lines

	dir    direction
	waits  bool // in a line behind another operation
	steps  bool // takes more than one request
	polls  bool // waits for readiness: its descriptor was made non-blocking by somebody
	tries  bool // may be done at once: sys.System.Try
	trying bool // being done at once, without the engine
	what   opKind
	req    engine.Op

	obj        atomic.Pointer[object]
	self       Op
	next, prev *Overlapped // object.others, or a line (next)
	total      int64       // bytes asked for
	n          int64       // bytes so far
	x          *extra

	err      error
	canceled error // why it was asked to end
	finisher hook.Finisher
	timeout  time.Duration
	admit    func(*object, *Overlapped) error

	race raceState
}

// extra is what only some operations need; it is made once and kept.
type extra struct {
	iov       []sys.Vector
	iovFirst  int
	msg       sys.Message
	addr      sys.Sockaddr
	saved     engine.Op // of an operation that polls
	nameLen   int       // of addr, where a message goes or its sender is wanted
	from      *netip.AddrPort
	probe     [1]byte
	dissolves bool                   // a connect that ends a connection of datagrams
	parked    bool                   // between two requests, waiting for other operations
	target    atomic.Pointer[object] // of an accept
	attaching sync.Mutex
	buf       []byte // first bytes of an accept
	connFD    int32
	file      fileSend
	keep      any // what a Do refers to
	timer     *time.Timer
	deadline  int64
	armed     int64
}

// The life of an Overlapped. It is claimed by whoever starts an operation, started when that is in the
// books of its object, and finished when the operation is over and its packet queued.
const (
	idle uint32 = iota
	claimed
	started
	finished
)

// noCopy makes go vet report copies of the struct that holds it.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

func (ov *Overlapped) overlapped() *Overlapped { return ov }

func overlappedOf(op *engine.Op) *Overlapped {
	return (*Overlapped)(unsafe.Add(unsafe.Pointer(op), -int(unsafe.Offsetof(Overlapped{}.req))))
}

func (ov *Overlapped) extra() *extra {
	if ov.x == nil {
		ov.x = new(extra)
	}
	return ov.x
}

// start claims the Overlapped of op for an operation on what is behind the handle.
func (h *Handle) start(op Op, what opKind, dir direction) (*object, *core, *Overlapped, error) {
	if h == nil || h.o == nil {
		return nil, nil, nil, ErrInvalidHandle
	}
	if h.closed.Load() {
		return nil, nil, nil, errClosedHandle
	}
	if op == nil {
		return nil, nil, nil, errNilOp
	}
	o := h.o
	c := o.port.Load()
	if c == nil {
		return nil, nil, nil, o.unassociated()
	}
	ov := op.overlapped()
	if !ov.state.CompareAndSwap(idle, claimed) {
		panic("iocp: an Overlapped was started again while its operation is in flight; take its packet first, or use another one")
	}
	ov.self, ov.what, ov.dir = op, what, dir
	ov.n, ov.total, ov.err, ov.canceled = 0, 0, nil, nil
	ov.admit, ov.tries, ov.steps, ov.polls = nil, false, false, false
	ov.req = engine.Op{}
	return o, c, ov, nil
}

// abandon gives the Overlapped back after a failed start.
func (ov *Overlapped) abandon() {
	ov.self = nil
	ov.req.Addr = nil
	ov.race.acquire()
	release.Store(&ov.state, idle)
}

// finish ends the operation and makes its packet. Locked.
func (ov *Overlapped) finish(c *core, packet *Completion) {
	o := ov.obj.Load()
	if ov.what > lastPlain {
		ov.finishConnection(o)
	}
	o.delist(c, ov)
	if ov.x != nil {
		ov.x.deadline = 0
	}
	// One by one: a literal is put together elsewhere and copied with wider loads than the stores, which
	// stalls the processor for as long as the rest of this takes.
	packet.Op, packet.Key, packet.Bytes, packet.Err, packet.ov = ov.self, o.key, ov.n, ov.err, ov
	release.Store(&ov.state, finished)
}

// finishConnection is what finish has to do besides for a connection that was made or ended. Locked.
func (ov *Overlapped) finishConnection(o *object) {
	switch ov.what {
	case opConnect:
		if ov.err != nil {
			ov.connectFailed()
		}
	case opDisconnect:
		if ov.steps && o.sock != nil {
			o.sock.ending = false
		}
	case opAccept, opAcceptData:
		ov.tellAccepted()
	}
}

// dequeue hands an Overlapped back to its user with its packet.
func (c *Completion) dequeue() {
	ov := c.ov
	if ov == nil {
		return
	}
	c.ov = nil
	if ov.what > lastPlain || ov.x != nil {
		c.settle(ov)
	}
	ov.self = nil
	ov.req.Addr = nil
	ov.race.acquire()
	release.Store(&ov.state, idle)
}

// settle is what dequeue has to do besides for what is no plain transfer, or has an extra.
func (c *Completion) settle(ov *Overlapped) {
	switch ov.what {
	case opAccept, opAcceptData:
		if ov.attach(nil) {
			c.Bytes, c.Err = 0, errClosedHandle // I26
		}
	case opConnect, opDisconnect:
		ov.leaveConnection()
	case opSendFile:
		ov.x.file.done()
	case opRecvFrom:
		ov.x.from = nil
	case opDo:
		ov.x.keep = nil
	}
	if x := ov.x; x != nil && len(x.iov) > 0 {
		clear(x.iov) // the buffers are the caller's again
		x.iov = x.iov[:0]
	}
}

// end records the outcome; it returns true, for the step functions.
func (ov *Overlapped) end(err error) bool {
	ov.err = err
	return true
}

// InFlight reports whether an operation has been started whose packet has not been taken. Any
// goroutine may call it.
func (ov *Overlapped) InFlight() bool { return ov.state.Load() != idle }

// Result returns the outcome of the last operation, or [ErrIncomplete] while it goes on. It
// does not wait and does not take the packet (F24), and the buffers are the port's until
// that is taken, or dropped by a closed port ([Overlapped.InFlight]). The goroutine that started the
// operation, or took its packet, may call it.
func (ov *Overlapped) Result() (int64, error) {
	if ov.state.Load() == started {
		if o := ov.obj.Load(); o != nil {
			if c := o.port.Load(); c != nil {
				c.q.Lock()
				c.q.GatherAll()
				c.q.Submit()
			}
		}
		if ov.state.Load() == started {
			return 0, ErrIncomplete
		}
	}
	return ov.n, ov.err
}

// SetTimeout bounds the time of the operations that are started with ov from now on: one that
// is not over after d is cancelled and ends with [os.ErrDeadlineExceeded] and what it has
// transferred, if the cancellation is not too late. Zero or less means no bound, as at first.
// The packet may come later than d. Only whoever may start ov may call it.
func (ov *Overlapped) SetTimeout(d time.Duration) { ov.timeout = min(max(d, 0), forever) }

// forever is further away than anybody waits, and can be added to the time.
const forever = math.MaxInt64 / 2

// Cancel asks for the end of the operation in flight. It does not wait (J08), and the packet
// comes in any case: with [ErrCanceled], or with success or another error if the operation
// was over first (J07). What a cancelled receive did not take stays for the next (I44).
// Any goroutine may call it.
//
// Error: [ErrNotFound] if there is nothing to cancel, also when the operation is over and its
// packet still queued (J05, J06).
func (ov *Overlapped) Cancel() error {
	if ov.state.Load() != started {
		return ErrNotFound
	}
	o := ov.obj.Load()
	if o == nil {
		return ErrNotFound
	}
	return o.cancelOne(ov)
}

func (o *object) cancelOne(ov *Overlapped) error {
	c := o.port.Load()
	if c == nil {
		return ErrNotFound
	}
	c.q.Lock()
	c.q.Gather()
	found := o.pending(ov)
	if found {
		ov.cancel(c, ErrCanceled)
	}
	c.q.Submit()
	if !found {
		return ErrNotFound
	}
	return nil
}

// pending reports whether ov is among the object's operations that are not over. Locked. It may go from
// one object to another meanwhile, under other locks, but nobody can bring it to o: so the object is
// looked at last.
func (o *object) pending(ov *Overlapped) bool {
	return ov.state.Load() == started && ov.obj.Load() == o
}

// cancel asks the operation to end with why. Locked, and ov is pending.
func (ov *Overlapped) cancel(c *core, why error) {
	if ov.canceled != nil {
		return
	}
	ov.canceled = why
	if ov.waits {
		ov.err = why
		c.deliver(ov)
		return
	}
	if !ov.trying && (ov.x == nil || !ov.x.parked) {
		c.eng.Cancel(&ov.req)
	}
}

// expire ends an operation whose time is over. The timer of an Overlapped is made once and
// not stopped; one that fires early arms itself again.
func (ov *Overlapped) expire() {
	o := ov.obj.Load()
	c := o.port.Load()
	c.q.Lock()
	defer c.q.Submit()
	if !o.pending(ov) || ov.x.deadline == 0 {
		return
	}
	x := ov.x
	if now := nanotime(); now < x.deadline {
		x.armed = x.deadline
		x.timer.Reset(time.Duration(x.deadline - now))
		return
	}
	if c.q.Gather(); o.pending(ov) {
		ov.cancel(c, os.ErrDeadlineExceeded)
	}
}

// arm starts the operation's clock. Locked.
func (ov *Overlapped) arm() {
	x := ov.extra()
	now := nanotime()
	x.deadline = now + int64(ov.timeout)
	if x.armed > now && x.armed <= x.deadline {
		return
	}
	x.armed = x.deadline
	if x.timer == nil {
		x.timer = time.AfterFunc(ov.timeout, ov.expire)
	} else {
		x.timer.Reset(ov.timeout)
	}
}

var clock = time.Now()

func nanotime() int64 { return int64(time.Since(clock)) }
