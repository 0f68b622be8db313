// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import "iocp/internal/sys"

// ReportUnreachable says what becomes of the news that a datagram was refused on the other side,
// since nobody is bound to the port there (I15). With on a receive ends with ECONNREFUSED, the
// one in flight or the next, on any socket for datagrams; with off that is kept quiet. As long
// as it has not been called, it is reported on connected sockets. Sends never end with it.
//
// Errors: EOPNOTSUPP for a stream, or a family other than those of the internet; ENOPROTOOPT with on
// for a socket that is not connected, where the system reports it on connected ones alone; a closed
// handle.
func (s *Socket) ReportUnreachable(on bool) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	if o.sock.stream || o.sock.family == sys.AFUnix {
		return newNetError(o.network(), opNop, sys.EOPNOTSUPP)
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	errno := o.sys.SetOption(fd, sys.ReportRefused, boolInt(on))
	if errno == sys.ENOPROTOOPT && !(on && o.stateNow() != connConnected) {
		errno = 0 // the system reports it on connected sockets, and a receive may pass over it
	}
	if errno != 0 {
		return newNetError(o.network(), opNop, errno)
	}
	o.sock.deaf.Store(!on)
	return nil
}

func (o *object) stateNow() connState {
	c := o.lock()
	defer o.unlock(c)
	return o.state
}

// passesOn reports whether a request that ended with ECONNREFUSED is to be made again, because
// that is news about a datagram sent earlier and not for this operation. Locked.
func (ov *Overlapped) passesOn() bool {
	o := ov.obj.Load()
	if o.sock == nil || o.sock.stream || ov.what == opConnect {
		return false
	}
	o.sys.DropErrors(ov.req.FD)
	if o.sock.deaf.Load() {
		return true
	}
	o.sock.refused = o.sock.refused || ov.dir == sendLine // the next receive tells
	return ov.dir == sendLine
}
