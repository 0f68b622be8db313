// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// ReportUnreachable says what becomes of the news that a datagram was refused on the other side,
// since nobody is bound to the port there (I15). With on a receive ends with ECONNREFUSED, the
// one in flight or the next, on any socket for datagrams; with off that is kept quiet. As long
// as it has not been called, it is reported on connected sockets. Sends never end with it.
//
// Errors: EOPNOTSUPP for a stream, or a family other than those of the internet; a closed handle.
func (s *Socket) ReportUnreachable(on bool) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	level, name := unix.IPPROTO_IP, unix.IP_RECVERR
	switch {
	case o.sock.stream || o.sock.family == unix.AF_UNIX:
		return newNetError(o.network(), opNop, syscall.EOPNOTSUPP)
	case o.sock.family == unix.AF_INET6:
		level, name = unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	if err := unix.SetsockoptInt(fd, level, name, boolInt(on)); err != nil {
		return newNetError(o.network(), opNop, err.(syscall.Errno))
	}
	o.sock.deaf.Store(!on)
	return nil
}

// passesOn reports whether a request that ended with ECONNREFUSED is to be made again, because
// that is news about a datagram sent earlier and not for this operation. Locked.
func (ov *Overlapped) passesOn() bool {
	o := ov.obj.Load()
	if o.sock == nil || o.sock.stream || ov.what == opConnect {
		return false
	}
	drainErrors(ov.req.FD)
	if o.sock.deaf.Load() {
		return true
	}
	o.sock.refused = o.sock.refused || ov.dir == sendLine // the next receive tells
	return ov.dir == sendLine
}

// drainErrors drops the details of errors that IP_RECVERR has the kernel keep: as long as there
// are some, the socket counts as readable.
func drainErrors(fd int32) {
	for {
		var msg unix.Msghdr
		_, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(pointerTo(&msg)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if errno != 0 {
			return
		}
	}
}
