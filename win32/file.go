// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"
	"sync/atomic"

	"iocp"
	"iocp/internal/hook"
)

// file is the open-file object: what handles of disk files, directories, sockets, pipes and
// mailslots refer to. The association belongs to it and is shared by all its handles (A14).
type file struct {
	counted
	signal // set while no operation has been started since the last one ended (F13)
	dev    device

	overlapped bool // opened for overlapped I/O (A17)
	socket     bool
	waits      bool // without an OVERLAPPED the call waits though the file is overlapped (A21)

	modes atomic.Uint32 // FILE_SKIP_...
	spare spare

	link   atomic.Pointer[link]
	mu     sync.Mutex // the link changes
	closed bool       // guarded by mu

	pending atomic.Int32 // while on the system's port: operations, and one until the last close
}

// device does the I/O of one kind of file. Its methods may be called by any goroutine at any
// time, also after close.
//
// read and write start an operation and return as operation.started says. They may look at the
// operation's fields before it has been started, and not afterwards.
type device interface {
	read(op *operation, buf []byte) error
	write(op *operation, buf []byte) error

	// cancel asks the operations that match is true of to end and returns how many there
	// were. match must not block.
	cancel(match func(*operation) bool) int

	// endpoint returns what package iocp does the I/O with, or nil for a device that calls
	// operation.complete.
	endpoint() endpoint

	// close asks what is pending to end. It is called once.
	close()
}

// endpoint is the part of package iocp's endpoints that all have.
type endpoint interface {
	iocp.Endpoint
	SkipOnSuccess() error
	CancelFunc(match func(iocp.Op) bool) error
}

// link says where a file's operations end. It is nil until the first operation or the
// association, does not change, and is replaced at most once.
//
// A file that is associated before anything is started on it works on the program's port
// directly. One that is used before works on the system's; associated later, it
// sends its packets on from there (A34).
type link struct {
	port   *port
	key    uintptr
	bound  *binding // what takes the ends instead of a port (K11)
	direct bool     // package iocp's endpoint is associated with port
	system bool     // or with the system's port
}

// reports tells whether operations that end are told to a port, or a binding.
func (l *link) reports() bool { return l.port != nil || l.bound != nil }

var unlinked = &link{} // of a software device without a port

func newFile(dev device, overlapped, socket bool) *file {
	return &file{dev: dev, overlapped: overlapped, socket: socket}
}

// fileOf returns the file behind h and the rights of the handle.
func fileOf(h HANDLE) (*file, uint32, error) {
	if e := handles.lookup(h); e != nil {
		if f, ok := e.obj.(*file); ok {
			return f, e.access, nil
		}
	}
	return nil, 0, ERROR_INVALID_HANDLE
}

// associate makes the packets of f's operations go to p with key (A04).
func (f *file) associate(p *port, key uintptr) error {
	if !f.overlapped {
		return ERROR_INVALID_PARAMETER // A17
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.link.Load()
	switch {
	case f.closed:
		return ERROR_INVALID_HANDLE
	case old != nil && old.reports():
		return ERROR_INVALID_PARAMETER // A13
	}
	l := &link{port: p, key: key}
	switch e := f.dev.endpoint(); {
	case old != nil:
		l.system = old.system
	case e != nil:
		if err := p.p.Associate(e, nil); err != nil {
			return statusOf(err).Errno()
		}
		p.watch()
		if l.direct = true; f.skips() {
			e.SkipOnSuccess()
		}
	}
	f.link.Store(l)
	return nil
}

// enter returns the link for an operation that begins now, and counts it.
func (f *file) enter() (*link, error) {
	l := f.link.Load()
	if l == nil {
		var err error
		if l, err = f.settleDown(); err != nil {
			return nil, err
		}
	}
	if l.system && !f.stay() {
		return nil, ERROR_INVALID_HANDLE
	}
	return l, nil
}

// settleDown links a file that is used before it has been associated.
func (f *file) settleDown() (*link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.link.Load(); l != nil {
		return l, nil
	}
	if f.closed {
		return nil, ERROR_INVALID_HANDLE
	}
	l := unlinked
	if e := f.dev.endpoint(); e != nil {
		if err := system.adopt(e); err != nil {
			return nil, err
		}
		l = &link{system: true}
		f.pending.Store(1)
	}
	f.link.Store(l)
	return l, nil
}

// stay counts one more operation on the system's port, unless the file has left it.
func (f *file) stay() bool {
	for {
		n := f.pending.Load()
		if n == 0 {
			return false
		}
		if f.pending.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (f *file) leaveSystem() {
	if f.pending.Add(-1) == 0 {
		system.leave()
	}
}

// lastClose ends the file: its pending operations end, each in its way (J10).
func (f *file) lastClose() {
	f.mu.Lock()
	f.closed = true
	l := f.link.Load()
	f.mu.Unlock()
	f.dev.close()
	if l != nil && l.system {
		f.leaveSystem()
	}
}

// skips reports whether operations that are done at once send no packet (K01).
func (f *file) skips() bool { return f.modes.Load()&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS != 0 }

// setModes adds notification modes, which cannot be taken away (K05).
func (f *file) setModes(modes uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.modes.Or(modes)
	if l := f.link.Load(); l != nil && l.direct && f.skips() {
		f.dev.endpoint().SkipOnSuccess()
	}
}

// look ends what is over where the file's operations are, if nobody else might.
func (f *file) look() bool {
	l := f.link.Load()
	if l == nil || !l.direct {
		return false
	}
	hook.Look(l.port.p)
	return true
}
