// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// HANDLE is a descriptor: of a port, a socket or a file (L02).
type HANDLE int32

const (
	// NULL stands for no port.
	NULL HANDLE = 0

	// INVALID_HANDLE_VALUE stands for no file when a port is created.
	INVALID_HANDLE_VALUE HANDLE = -1

	// INFINITE is the timeout of a call that waits as long as it takes (B09). Every other
	// value is a number of milliseconds, up to 49 days (B10, M03).
	INFINITE uint32 = 0xFFFFFFFF
)

// entry is what the package knows about a descriptor: one of the three. An entry does not
// change; it is replaced.
type entry struct {
	id   identity
	port *port
	sock *socket
	file *file
}

// identity tells whether a number still stands for the file it stood for: fstat(2).
type identity struct{ dev, ino uint64 }

// table finds the entry of a descriptor. Reading takes no lock; mu is for whoever changes
// something, and for as long as it has to stay as it is.
var table struct {
	mu    sync.Mutex
	slots atomic.Pointer[[]atomic.Pointer[entry]]
}

// lookup returns the entry of h, or nil. It does not notice that the number has been reused.
func lookup(h HANDLE) *entry {
	s := table.slots.Load()
	if s == nil || uint64(uint32(h)) >= uint64(len(*s)) {
		return nil
	}
	return (*s)[h].Load()
}

func lookupPort(h HANDLE) *port {
	if e := lookup(h); e != nil {
		return e.port
	}
	return nil
}

// enter makes e, or nothing, the entry of h. Locked.
func enter(h HANDLE, e *entry) {
	s := table.slots.Load()
	if s == nil || int(h) >= len(*s) {
		bigger := make([]atomic.Pointer[entry], max(64, 2*int(h)))
		if s != nil {
			for i := range *s {
				bigger[i].Store((*s)[i].Load())
			}
		}
		s = &bigger
		table.slots.Store(s)
	}
	(*s)[h].Store(e)
}

// identify returns what h stands for now, and its st_mode.
func identify(h HANDLE) (identity, uint32, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstat(int(h), &st)
		if err == nil {
			return identity{uint64(st.Dev), st.Ino}, st.Mode, nil
		}
		if err != syscall.EINTR {
			return identity{}, 0, err
		}
	}
}

// verified returns the entry of h if h still stands for the same file. An entry of another file
// is forgotten, with everything that is pending on it. Locked.
func verified(h HANDLE, id identity) *entry {
	e := lookup(h)
	if e == nil || e.id == id {
		return e
	}
	enter(h, nil)
	e.close()
	return nil
}

// Close closes a descriptor, as close(2) does on AIX: a port, an associated socket or file, or any
// other.
//
// With a port, calls that wait for packets end with EINVAL, and packets that are queued are
// dropped; its sockets and files stay associated (A16, J13, J14). With a socket, requests that are
// pending end, each with its packet and ENOTCONN unless it was over first (I24, J10); AIO
// requests of a file end with ECANCELED. Packets that are queued stay (J12).
//
// Close does not wait for requests. Error: EBADF, and what else close(2) reports.
func Close(h HANDLE) error {
	if h < 0 {
		return syscall.EBADF
	}
	table.mu.Lock()
	e := lookup(h)
	if e != nil {
		enter(h, nil)
	}
	table.mu.Unlock()
	if e != nil {
		e.close()
	}
	return plain(unix.Close(int(h)))
}

// close ends what the entry stands for. The number itself is the caller's.
func (e *entry) close() {
	switch {
	case e.port != nil:
		e.port.close()
	case e.sock != nil:
		e.sock.close()
	case e.file != nil:
		e.file.close()
	}
}
