// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix && (!linux || iocp_libc)

package portable

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What only Linux has is put together here. The build tag iocp_libc makes Linux one of the other
// systems, for the tests.

// flagToEnd is the flag of a Write that goes to the end of the file whatever its offset says. It
// has the number of Linux's RWF_APPEND; there are no other flags.
const (
	flagToEnd  = 0x10
	flagNoWait = 0
)

func pollNow(p *[1]unix.PollFd) syscall.Errno {
	_, err := unix.Poll(p[:], 0)
	return errnoOf(err)
}

// cut is what a request needs to tell that a datagram was cut short: with MSG_TRUNC Linux tells its
// length, and here only recvmsg(2) says so much as that.
type cut struct{ msg *unix.Msghdr }

// receive is recv(2).
func (c *cut) receive(fd int32, v *unix.Iovec, flags int) (int, syscall.Errno) {
	if flags&unix.MSG_TRUNC == 0 {
		return move(false, fd, v, flags)
	}
	if c.msg == nil {
		c.msg = new(unix.Msghdr)
	}
	*c.msg = unix.Msghdr{Iov: v}
	c.msg.SetIovlen(1)
	n, errno := receiveMsg(fd, c.msg, flags)
	*c.msg = unix.Msghdr{}
	return n, errno
}

// receiveMsg is recvmsg(2).
func receiveMsg(fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	if flags&unix.MSG_TRUNC == 0 {
		return moveMsg(false, fd, m, flags)
	}
	return receiveCut(fd, m, flags&^unix.MSG_TRUNC)
}

func vectored(write bool, fd int32, v []unix.Iovec, flags int) (int, syscall.Errno) {
	if flags&^flagToEnd != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	return plain(write, fd, v)
}

func vectoredBlocking(write bool, fd int32, v []unix.Iovec, flags uint32) (int, syscall.Errno) {
	if flags&^flagToEnd != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	return plainBlocking(write, fd, v)
}

// files is what all writers of an engine share: those that write to the end of a file wait for each
// other, in whichever of the two ways they do it.
type files struct{ appends sync.Mutex }

// positioned reads or writes at an offset, one vector after the other. It may wait.
func (f *files) positioned(write bool, fd int32, v []unix.Iovec, off int64, flags uint32) (int, syscall.Errno) {
	switch {
	case flags&^flagToEnd != 0:
		return 0, syscall.EOPNOTSUPP
	case len(v) > maxVectors:
		return 0, syscall.EINVAL
	case !write:
		return each(v, func(b []byte, done int) (int, error) { return unix.Pread(int(fd), b, off+int64(done)) })
	case appends(fd): // only write(2) heeds O_APPEND everywhere
		f.appends.Lock()
		defer f.appends.Unlock()
		return plainBlocking(true, fd, v)
	case flags&flagToEnd != 0:
		return f.writeToEnd(fd, v)
	}
	return each(v, func(b []byte, done int) (int, error) { return unix.Pwrite(int(fd), b, off+int64(done)) })
}

func appends(fd int32) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_APPEND != 0
}

// writeToEnd writes behind the last byte. The engine's other writers wait; those of other engines
// and processes may come between.
func (f *files) writeToEnd(fd int32, v []unix.Iovec) (int, syscall.Errno) {
	f.appends.Lock()
	defer f.appends.Unlock()
	var st unix.Stat_t
	if err := unix.Fstat(int(fd), &st); err != nil {
		return 0, errnoOf(err)
	}
	return each(v, func(b []byte, done int) (int, error) { return unix.Pwrite(int(fd), b, int64(st.Size)+int64(done)) })
}

// each calls f for one vector after the other, until one is not transferred completely.
func each(vectors []unix.Iovec, f func(b []byte, done int) (int, error)) (done int, errno syscall.Errno) {
	for i := range vectors {
		b := unsafe.Slice(vectors[i].Base, int(vectors[i].Len))
		n, err := f(b, done)
		if err != nil && done > 0 {
			return done, 0
		}
		if err != nil {
			return 0, errnoOf(err)
		}
		if done += n; n < len(b) {
			break
		}
	}
	return done, 0
}
