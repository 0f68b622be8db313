// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import "iocp/internal/sys"

// Accept starts to accept a connection into target, which must be a stream socket of the same
// family, not bound and not connected, or one that Disconnect has made ready again. The packet
// has the listening socket's key. target is connected then, and not associated with a port by
// that (I32), but may be before or after; its descriptor, if it had one, is replaced under the
// same number. Any number of accepts may be in flight.
//
// With an empty buf the operation ends when somebody connects, with 0 bytes (I27). Otherwise it
// also waits for the first bytes and receives them into buf, which belongs to the port until the
// packet is taken (I28); it has 0 bytes if the peer closes without sending any (I29).
//
// Errors at the start, without a packet: EINVAL if the socket does not listen, or target is not
// fit or in use (I33); a closed handle; [ErrNotAssociated]. Errors in the packet: ECONNRESET while
// waiting for bytes; EMFILE and ENFILE when descriptors have run out; closed, if either socket
// was closed meanwhile (I25, I26). A connection that is gone before it is accepted is passed
// over (I30).
func (s *Socket) Accept(op Op, target *Socket, buf []byte) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	t, err := target.open()
	if err != nil {
		return err
	}
	if t.sock.family != o.sock.family || !t.sock.stream {
		return netError(opAccept, sys.EINVAL)
	}
	what := opAccept
	if len(buf) > 0 {
		what = opAcceptData
	}
	return s.Handle.acceptInto(o, op, what, t, buf, admitAccept)
}

func admitAccept(o *object, _ *Overlapped) error {
	if o.state != connListening {
		return netError(opAccept, sys.EINVAL)
	}
	return nil
}

// arrived notes when the connection of an accept came.
func (ov *Overlapped) arrived() {
	if target := ov.x.target.Load(); target != nil && target.sock != nil {
		target.sock.since.Store(nanotime())
	}
}

// acceptable reports whether the socket may become what an accept brings. Locked.
func (s *socketState) acceptable() bool {
	return s.stream && (!s.bound || s.reused || !s.local.IsValid())
}
