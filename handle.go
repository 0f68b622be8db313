// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"sync/atomic"
	"syscall"

	"iocp/internal/sys"
)

// Endpoint is what can be associated with a port: *[File], *[TCPConn], *[TCPListener],
// *[Socket].
type Endpoint interface {
	endpoint() *Handle
}

// Handle is the part that all endpoints share. Its methods may be called by any goroutine.
type Handle struct {
	_      noCopy
	o      *object
	closed atomic.Bool
}

// object returns what is behind the handle, or why there is nothing.
func (h *Handle) object() (*object, error) {
	if h == nil || h.o == nil {
		return nil, ErrInvalidHandle
	}
	if h.closed.Load() {
		return nil, errClosedHandle
	}
	return h.o, nil
}

func objectFrom(e Endpoint) (*object, error) {
	if e == nil {
		return nil, ErrInvalidHandle
	}
	return e.endpoint().object()
}

// Cancel asks for the end of op if it is in flight on this handle's endpoint; see
// [Overlapped.Cancel], also for the error (J03).
func (h *Handle) Cancel(op Op) error {
	o, err := h.object()
	if err != nil {
		return err
	}
	if op == nil {
		return errNilOp
	}
	return o.cancelOne(op.overlapped())
}

// CancelAll asks for the end of all operations in flight on the endpoint, whoever started them,
// in no promised order (J04). It does not wait; every operation still gets its packet (J07, J08).
//
// Error: [ErrNotFound] if there were none (J05).
func (h *Handle) CancelAll() error { return h.CancelFunc(nil) }

// CancelFunc is [Handle.CancelAll] for the operations that match is true of. It is called for
// operations that are certainly in flight, with the port's lock held: it must not block, nor call
// anything of this package. A nil match means all.
//
// Error: [ErrNotFound] if there were none.
func (h *Handle) CancelFunc(match func(Op) bool) error {
	o, err := h.object()
	if err != nil {
		return err
	}
	c := o.port.Load()
	if c == nil {
		return ErrNotFound
	}
	c.q.Lock()
	c.q.Gather()
	n := o.cancelAll(c, ErrCanceled, match)
	c.q.Submit()
	if n == 0 {
		return ErrNotFound
	}
	return nil
}

// SkipOnSuccess makes operations that can be done at once end without a packet: starting them
// returns [ErrCompleted], or their error, and [Overlapped.Result] has the rest (K01). What
// cannot be done at once sends its packet as ever. The mode belongs to the endpoint with all
// its duplicates, may be set before the association (K08) and cannot be cleared (K05).
func (h *Handle) SkipOnSuccess() error {
	o, err := h.object()
	if err != nil {
		return err
	}
	c := o.lock()
	o.skip = true
	o.unlock(c)
	return nil
}

// Key returns the completion key of the association, or nil.
func (h *Handle) Key() any {
	o, err := h.object()
	if err != nil || o.port.Load() == nil {
		return nil
	}
	return o.key
}

// Close closes the handle. With the last handle of an endpoint its pending operations are
// asked to end: each sends its one packet, with an error that is [net.ErrClosed] and
// [os.ErrClosed] unless it was over first (J10, I24, I25). The descriptor is closed when the
// last of them is over, which may be a moment after its packet came. Packets that are queued are
// not touched (J12). While the endpoint has other handles, nothing else happens (J11).
//
// Close does not wait for operations. With none in flight the descriptor is closed when Close
// returns: whoever needs the address again cancels, takes the packets, and closes then. Error: an
// error that is net.ErrClosed and os.ErrClosed if the handle is closed already; what close(2)
// reports.
func (h *Handle) Close() error {
	o, err := h.object()
	if err != nil {
		return err
	}
	if h.closed.Swap(true) {
		return errClosedHandle
	}
	return o.close()
}

// SyscallConn gives access to the descriptor, for system calls that are not offered here. Read
// and Write call their function once and do not wait for readiness. Whether the descriptor blocks
// depends on the system and the engine; it must not be closed, nor its mode changed.
func (h *Handle) SyscallConn() (syscall.RawConn, error) {
	if _, err := h.object(); err != nil {
		return nil, err
	}
	return rawConn{h}, nil
}

type rawConn struct{ h *Handle }

// Control runs f with the descriptor, which is not closed meanwhile.
func (r rawConn) Control(f func(fd uintptr)) error {
	o, err := r.h.object()
	if err != nil {
		return err
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	f(uintptr(fd))
	return nil
}

func (r rawConn) Read(f func(fd uintptr) bool) error {
	return r.Control(func(fd uintptr) { f(fd) })
}

func (r rawConn) Write(f func(fd uintptr) bool) error {
	return r.Control(func(fd uintptr) { f(fd) })
}

// borrow returns the descriptor and keeps it open until close is called once.
func (o *object) borrow() (int32, error) {
	if o.sock != nil {
		if err := o.sock.ready(o); err != nil {
			return -1, err
		}
	}
	c := o.lock()
	defer o.unlock(c)
	switch {
	case o.closing:
		return -1, errClosedHandle
	case o.fd < 0:
		return -1, netError(opConnect, sys.ENOTCONN)
	}
	o.handles++
	return o.fd, nil
}

// duplicate takes another handle on the object.
func (o *object) duplicate() error {
	c := o.lock()
	defer o.unlock(c)
	if o.closing {
		return errClosedHandle
	}
	o.handles++
	return nil
}
