// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"sync/atomic"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/queue"
	"iocp/internal/release"
	"iocp/internal/sys"
)

// object is the open-file object that the handles of one endpoint share (A14): the
// descriptor, the association, and the operations that are not over. What follows mu is
// guarded by mu before the association and by the port's lock after it.
type object struct {
	port atomic.Pointer[core]
	mu   queue.Lock

	fd       int32 // -1: a connection without a socket yet
	key      any
	kind     objectKind
	state    connState
	closing  bool // the last handle is closed; operations may still be pending
	left     bool // the port, for good
	skip     bool // SkipOnSuccess
	shutRecv bool
	shutSend bool
	endAfter bool         // Shutdown waits for the last send
	sock     *socketState // of a Socket

	// All operations that are not over: those of a line there, and there alone.
	lines  [2]line
	others list

	sticky sys.Errno // what the connection ended with, for every later operation (I06)

	handles int32
	access  uint8       // files: readable, writable
	appends bool        // files: every write goes to the end (G10)
	stream  bool        // no offsets: a pipe, a terminal
	special bool        // a device, a pipe, a socket
	noTry   bool        // files: nothing can be read at once
	unsized bool        // files: a read that got less than it asked for may go on
	wip     bool        // own is under way
	accept  *Overlapped // a connection that is reserved for it
	name    string      // of a file, for errors
	sys     sys.System  // the machine it is on

	borrowed chan struct{} // of WithFile: the descriptor is somebody else's; closed when it is free

	own engine.Op // a request of the object's own: the end of sending, the close
}

// ownRequest is the engine.Op.Tag of object.own; those of Overlapped have none.
const ownRequest = 1

type objectKind uint8

const (
	kindFile objectKind = iota
	kindListener
	kindConn
	kindSocket
)

type connState uint8

const (
	connNew       connState = iota // no socket, or one that is not connected
	connReserved                   // an accept or connect is under way
	connConnected                  // has been connected
	connListening
)

// line is one direction of a stream. One operation at a time is with the engine and the
// others wait in the order they were started: several receives fill in posting order (I17),
// and sends do not interleave (H17). The kernel promises neither for itself.
type line struct {
	now         *Overlapped
	first, last *Overlapped // linked by next
}

type direction int8

const (
	noLine direction = iota - 1
	recvLine
	sendLine
)

func newObject(s sys.System, kind objectKind, fd int32, name string) *object {
	return &object{sys: s, kind: kind, fd: fd, name: name, handles: 1}
}

func objectOf(op *engine.Op) *object {
	return (*object)(unsafe.Add(unsafe.Pointer(op), -int(unsafe.Offsetof(object{}.own))))
}

// lock takes whichever lock guards the object now and returns its port, or nil.
func (o *object) lock() *core {
	if c := o.port.Load(); c != nil {
		c.q.Lock()
		return c
	}
	o.mu.Lock()
	if c := o.port.Load(); c != nil { // associated a moment ago, for good
		o.mu.Unlock()
		c.q.Lock()
		return c
	}
	return nil
}

func (o *object) unlock(c *core) {
	if c != nil {
		c.q.Settle()
	} else {
		o.mu.Unlock()
	}
}

func (o *object) associate(c *core, key any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return errClosedHandle
	}
	if o.port.Load() != nil {
		return ErrAlreadyAssociated
	}
	if o.sys != c.sys {
		return errOtherMachine
	}
	c.q.Lock()
	defer c.q.Unlock()
	if c.handles.Load() == 0 {
		return ErrClosed // outlive may have given the engine back
	}
	o.key = key
	c.objects++
	o.port.Store(c)
	return nil
}

// enlist enters ov in the object's books, in its line if it has one.
func (o *object) enlist(c *core, ov *Overlapped) {
	if ov.obj.Load() != o { // storing costs more
		ov.obj.Store(o)
	}
	release.Store(&ov.state, started)
	c.pending++
	if ov.steps {
		c.held++
	}
	switch {
	case ov.dir == noLine:
		o.others.push(ov)
	case o.lines[ov.dir].now == nil:
		o.lines[ov.dir].now = ov
	default:
		o.lines[ov.dir].push(ov)
		ov.waits = true
		c.held++
	}
}

// delist takes ov out of the books and lets the next of its line go on. The last operation
// of a closing object closes the descriptor.
func (o *object) delist(c *core, ov *Overlapped) {
	c.pending--
	if ov.steps {
		c.held--
	}
	if ov.dir == noLine {
		o.others.remove(ov)
	} else if l := &o.lines[ov.dir]; l.first == nil && !o.endAfter && o.sock == nil {
		l.now = nil // as it nearly always is: nobody waits for it
	} else {
		o.advanceLine(c, ov)
	}
	if o.closing && o.empty() && !o.wip {
		o.release(c)
	}
}

// empty reports whether no operation is left.
func (o *object) empty() bool {
	return o.others.first == nil && o.lines[recvLine].now == nil && o.lines[sendLine].now == nil
}

// list holds operations that stand in no line, newest first.
type list struct{ first *Overlapped }

func (l *list) push(ov *Overlapped) {
	ov.next, ov.prev = l.first, nil
	if l.first != nil {
		l.first.prev = ov
	}
	l.first = ov
}

func (l *list) remove(ov *Overlapped) {
	if ov.prev != nil {
		ov.prev.next = ov.next
	} else {
		l.first = ov.next
	}
	if ov.next != nil {
		ov.next.prev = ov.prev
	}
	ov.next, ov.prev = nil, nil
}

// advanceLine takes ov out of its line, and lets the next one go on if it was ov's turn.
func (o *object) advanceLine(c *core, ov *Overlapped) {
	l := &o.lines[ov.dir]
	if ov.waits {
		l.remove(ov)
		ov.waits = false
		c.held--
		return
	}
	l.now = nil
	if next := l.first; next != nil {
		l.remove(next)
		next.waits = false
		c.held--
		l.now = next
		next.bind(o.fd)
		c.eng.Queue(&next.req)
	} else if ov.dir == sendLine && o.endAfter && !o.closing {
		o.endAfter = false
		c.held--
		if o.wip {
			return // it is an end of sending that is under way
		}
		o.request(c, engine.Op{Kind: engine.Shutdown, FD: o.fd, Len: sys.ShutWrite})
	} else if ov.dir == recvLine && o.sock != nil {
		o.sock.drained(c)
	}
}

func (l *line) push(ov *Overlapped) {
	if l.last == nil {
		l.first, l.last = ov, ov
	} else {
		l.last.next, l.last = ov, ov
	}
}

func (l *line) remove(ov *Overlapped) {
	if l.first == ov {
		l.first = ov.next
		if l.first == nil {
			l.last = nil
		}
	} else {
		p := l.first
		for p.next != ov {
			p = p.next
		}
		p.next = ov.next
		if l.last == ov {
			l.last = p
		}
	}
	ov.next = nil
}

// close gives up one handle. With the last one every pending operation is asked to end (J10),
// and the descriptor is closed when the last of them has: until then the kernel uses it, and
// a new descriptor with the same number would get their data.
func (o *object) close() error {
	c := o.lock()
	o.handles--
	if o.handles > 0 {
		o.unlock(c)
		return nil
	}
	o.closing = true
	if accept := o.accept; accept != nil { // of another object, with a lock of its own
		o.accept = nil
		o.unlock(c)
		if from := accept.obj.Load(); from != nil { // or it has not begun, and acceptInto will look
			from.cancelAccept(accept, o)
		}
		c = o.lock()
	}
	if c == nil {
		fd := o.takeFD()
		o.mu.Unlock()
		return o.closeFD(fd)
	}
	c.q.Gather()
	if o.empty() && !o.wip && !o.left { // it may have left while it was not locked
		fd := o.takeFD()
		o.left = true
		c.q.Settle()
		o.forget(fd)
		err := o.closeFD(fd)
		c.q.Lock()
		c.objects--
		c.q.Stir()
		c.q.Settle()
		return err
	}
	o.cancelAll(c, errClosedHandle, nil)
	c.q.Submit()
	return nil
}

// release closes the descriptor through the engine, since the lock is held.
func (o *object) release(c *core) {
	if fd := o.takeFD(); fd >= 0 {
		o.request(c, engine.Op{Kind: engine.Close, FD: fd})
	} else {
		o.gone(c)
	}
}

// takeFD returns the descriptor to be closed, when nothing uses it any more; -1 if there is
// none, or if it belongs to somebody else, who may have it back now.
func (o *object) takeFD() int32 {
	fd := o.fd
	o.fd = -1
	if o.borrowed != nil {
		close(o.borrowed)
		return -1
	}
	return fd
}

// request makes a request of the object's own.
func (o *object) request(c *core, op engine.Op) {
	o.own, o.wip = op, true
	o.own.Tag = ownRequest
	c.held++
	c.eng.Queue(&o.own)
}

// requested ends it.
func (o *object) requested(c *core, res int32) {
	if gaveUp(res) {
		c.eng.Queue(&o.own)
		return
	}
	o.wip = false
	c.held--
	switch {
	case o.own.Kind == engine.Close:
		o.gone(c)
	case o.closing && o.empty():
		o.release(c)
	}
}

// gone ends the object's stay at the port.
func (o *object) gone(c *core) {
	if o.endAfter {
		o.endAfter = false
		c.held--
	}
	o.left = true
	c.objects--
	c.q.Stir()
}

// cancelAll asks every pending operation that match, unless it is nil, is true of to end with
// why. It returns how many there were. Those that wait in a line end at once, and their packets
// bring the engine's completions with them (see queue.Deliver), so that any other operation
// may be over after each. Locked.
func (o *object) cancelAll(c *core, why error, match func(Op) bool) (n int) {
	for ov := o.others.first; ov != nil; ov = ov.next {
		if ov.matches(match) {
			ov.cancel(c, why)
			n++
		}
	}
	for i := range o.lines {
		if ov := o.lines[i].now; ov != nil && ov.matches(match) {
			ov.cancel(c, why)
			n++
		}
	}
	for i := range o.lines {
		l := &o.lines[i]
		for ov := l.find(match); ov != nil; ov = l.find(match) {
			ov.cancel(c, why)
			n++
		}
		if l.now != nil && l.now.canceled == nil && l.now.matches(match) { // its turn came meanwhile
			l.now.cancel(c, why)
			n++
		}
	}
	return n
}

func (ov *Overlapped) matches(match func(Op) bool) bool { return match == nil || match(ov.self) }

// find returns the first that waits in the line and matches.
func (l *line) find(match func(Op) bool) *Overlapped {
	ov := l.first
	for ov != nil && !ov.matches(match) {
		ov = ov.next
	}
	return ov
}

// forget tells the engine that fd is about to be closed, or replaced, behind its back. Not
// locked.
func (o *object) forget(fd int32) {
	if c := o.port.Load(); c != nil && fd >= 0 {
		c.eng.Forget(fd)
	}
}

// closeFD closes a descriptor of the object's machine. Not locked.
func (o *object) closeFD(fd int32) error {
	if fd < 0 {
		return nil
	}
	return errorOf(o.sys.Close(fd))
}

// unassociated says why an operation cannot start on an object without a port.
func (o *object) unassociated() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return errClosedHandle
	}
	return ErrNotAssociated
}
