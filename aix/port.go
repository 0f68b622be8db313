// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp"
)

// port is a completion port behind a descriptor.
type port struct {
	p      *iocp.Port
	closed atomic.Bool
}

func (p *port) close() {
	p.closed.Store(true)
	p.p.Close()
}

// CreateIoCompletionPort creates a completion port, associates a file with one, or both, and
// returns the port's descriptor; NULL after an error (A06).
//
//   - fd INVALID_HANDLE_VALUE and existing NULL: a new port without a file (A01). The key is
//     ignored (A02).
//   - fd a file and existing a port: their packets come to it and carry key from now on (A04).
//   - fd a file and existing NULL: the same with a new port (A05).
//
// fd is a socket of any kind, connected or not (A23), or a regular file whose AIO requests are to
// report to the port. A socket belongs to one port until it is closed; a file may belong to
// several, and each request names its own (A13, L06). The key is kept as it is and need not be
// unique (A28), though one port that has both sockets and files needs it to tell them apart, or
// [OVERLAPPED.AIOCB] (L08). concurrent is accepted and not used (L11).
//
// Errors: EBADF if existing is not a port; EINVAL if fd is not open, neither a socket nor a regular
// file, INVALID_HANDLE_VALUE with a port (A03), or 0, which is NULL (A07); EALREADY if fd is
// associated already (A13). Beyond the page: EMFILE, ENFILE and ENOMEM, and what the kernel
// says if it refuses io_uring. After an error nothing has changed (A09, A15).
func CreateIoCompletionPort(fd, existing HANDLE, key, concurrent uint32) (HANDLE, error) {
	_ = concurrent
	table.mu.Lock()
	defer table.mu.Unlock()
	p := lookupPort(existing)
	if existing != NULL && p == nil {
		return NULL, syscall.EBADF // before the file is looked at (A09)
	}
	if fd == INVALID_HANDLE_VALUE {
		if existing != NULL {
			return NULL, syscall.EINVAL
		}
		h, _, err := newPort()
		return h, err
	}
	c, err := examine(fd, p)
	if err != nil {
		return NULL, err
	}
	if existing != NULL {
		if err := c.associate(p, key); err != nil {
			return NULL, err
		}
		return existing, nil
	}
	return c.withNewPort(key)
}

// newPort makes a port with a descriptor. Its concurrency value limits nothing. Locked.
func newPort() (HANDLE, *port, error) {
	p, err := iocp.NewPort(iocp.Config{Concurrency: math.MaxInt32})
	if err != nil {
		return NULL, nil, errnoOf(err)
	}
	h, id, err := placeholder()
	if err != nil {
		p.Close()
		return NULL, nil, err
	}
	verified(h, id) // an entry of a descriptor that was closed behind our back
	made := &port{p: p}
	enter(h, &entry{id: id, port: made})
	return h, made, nil
}

// firstPort keeps port numbers off NULL and the standard streams.
const firstPort = 3

// placeholder opens what holds the number of a port: a file of its own, so that its inode tells
// whether the number has been reused.
func placeholder() (HANDLE, identity, error) {
	fd, err := unix.MemfdCreate("completion port", unix.MFD_CLOEXEC)
	if err != nil {
		return NULL, identity{}, plain(err)
	}
	if fd < firstPort {
		d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, firstPort)
		unix.Close(fd)
		if err != nil {
			return NULL, identity{}, plain(err)
		}
		fd = d
	}
	id, _, err := identify(HANDLE(fd))
	return HANDLE(fd), id, plain(err)
}

// candidate is a descriptor that may be associated.
type candidate struct {
	h      HANDLE
	id     identity
	socket bool
	known  *entry // if it is associated already
}

// examine says whether fd may be associated with p, which is nil for a new port. Locked.
func examine(fd HANDLE, p *port) (candidate, error) {
	c := candidate{h: fd}
	if fd <= 0 {
		return c, syscall.EINVAL
	}
	id, mode, err := identify(fd)
	if err != nil {
		return c, syscall.EINVAL
	}
	c.id, c.known = id, verified(fd, id)
	c.socket = mode&unix.S_IFMT == unix.S_IFSOCK
	switch {
	case !c.socket && mode&unix.S_IFMT != unix.S_IFREG:
		return c, syscall.EINVAL
	case c.known == nil:
		return c, nil
	case c.known.port != nil:
		return c, syscall.EINVAL // A11
	case c.known.sock != nil || c.known.file.on(p) != nil:
		return c, syscall.EALREADY
	}
	return c, nil
}

// associate makes the packets of the descriptor come to p. Locked.
func (c candidate) associate(p *port, key uint32) error {
	e := &entry{id: c.id}
	var err error
	switch {
	case c.socket:
		e.sock, err = newSocket(c.h, p, key)
	case c.known != nil:
		e.file, err = c.known.file.with(c.h, p, key)
	default:
		e.file, err = (*file)(nil).with(c.h, p, key)
	}
	if err != nil {
		return errnoOf(err)
	}
	enter(c.h, e)
	return nil
}

// withNewPort associates the descriptor with a port of its own, which does not stay if that
// fails (A15). Locked.
func (c candidate) withNewPort(key uint32) (HANDLE, error) {
	h, p, err := newPort()
	if err != nil {
		return NULL, err
	}
	if err := c.associate(p, key); err != nil {
		enter(h, nil)
		p.close()
		unix.Close(int(h))
		return NULL, err
	}
	return h, nil
}
