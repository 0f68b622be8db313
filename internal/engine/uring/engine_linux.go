// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/netpoll"
	sys "iocp/internal/sys/uring"
)

// Options are the sizes of a ring in entries. The kernel rounds them up to powers of two
// and lowers them to its own limits.
type Options struct {
	Entries   uint32 // submission queue; 0 means 128
	CQEntries uint32 // completion queue; 0 means 8192; never smaller than Entries
}

// The default sizes cost 136 KiB of kernel memory. What does not fit waits in the engine (Queue) or in
// the kernel (Ready). Every entry of a queue is used in turn, so the memory of a larger submission queue
// is out of the processor's first cache when its turn comes: with 1024 entries, 64 KiB, an echo server
// spent a tenth more user time. A port leaves at most 64 requests to the next call of the kernel.
const (
	defaultEntries   = 128
	defaultCQEntries = 8192
)

func (o Options) sizes() (entries, cqEntries uint32) {
	entries, cqEntries = o.Entries, o.CQEntries
	if entries == 0 {
		entries = defaultEntries
	}
	if cqEntries == 0 {
		cqEntries = defaultCQEntries
	}
	return entries, max(entries, cqEntries)
}

// Engine is one io_uring and implements engine.Engine, whose comments say which methods
// are called under the port's lock.
type Engine struct {
	ring
	table
	waiting  fifo         // operations that did not fit into the submission queue, oldest first
	cancels  []uint64     // user_data of cancels that did not fit
	receives []*engine.Op // those since the last Publish
	wait     sys.Wait     // of Dwell
	canceled int          // cancels in the kernel whose own completion has not been reaped

	barrier *barrier
	file    *os.File // the eventfd
	conn    syscall.RawConn
	ready   func(uintptr) bool
	quiet   bool        // the eventfd is silent unless somebody watches; written by New and Watch
	full    atomic.Bool // the completion queue was seen full since the last Watch

	stats   Stats
	enters  atomic.Uint64
	watches atomic.Uint64
	nudges  atomic.Uint64
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Dweller = (*Engine)(nil)
)

// New makes an engine with its own ring. It fails with the error of Probe where io_uring
// cannot be used. It blocks for as long as the kernel needs to clear the ring's memory,
// well under a millisecond.
func New(o Options) (*Engine, error) {
	if info := Probe(); !info.Available {
		return nil, info.Err
	}
	return host.newEngine(o)
}

func (k *kernel) newEngine(o Options) (*Engine, error) {
	r, err := k.openRing(o.sizes())
	if err != nil {
		return nil, err
	}
	e := &Engine{ring: *r, table: newTable(), barrier: k.barrier}
	e.ready = func(uintptr) bool { return e.reapable() }
	e.quiet = e.canSilence()
	if err := e.openEventFD(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	k.barrier.register()
	return e, nil
}

// openEventFD registers a silent eventfd with the ring and gives it to Go's poller. The
// ring's own descriptor is not polled, because a ring in an epoll set wakes an idle thread
// for every completion, watcher or not.
func (e *Engine) openEventFD() error {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("uring: eventfd: %w; close descriptors or raise RLIMIT_NOFILE", err)
	}
	if e.file, e.conn, err = netpoll.Open(fd, "eventfd"); err != nil {
		return fmt.Errorf("uring: %w", err)
	}
	if errno := e.registerEventFD(); errno != 0 {
		return fmt.Errorf("uring: io_uring_register of the eventfd: %w", errno)
	}
	e.silence()
	return nil
}

func (e *Engine) registerEventFD() (errno syscall.Errno) {
	err := e.conn.Control(func(fd uintptr) {
		n := int32(fd)
		errno = sys.Register(e.fd, sys.RegisterEventFD, unsafe.Pointer(&n), 1)
	})
	if err != nil {
		return syscall.EBADF
	}
	return errno
}

// Name returns "uring".
func (e *Engine) Name() string { return "uring" }

// Features returns the sorted names of what is in force on this ring: setup flags, the
// kernel's features, and "membarrier" and "quiet_eventfd". Any time.
func (e *Engine) Features() []string {
	names := e.ring.featureNames()
	if e.barrier.available() {
		names = append(names, "membarrier")
	}
	if e.canSilence() {
		names = append(names, "quiet_eventfd")
	}
	slices.Sort(names)
	return names
}

// Stats counts what an engine has done since New.
type Stats struct {
	Enters    uint64 // calls of io_uring_enter
	Submitted uint64 // requests that the kernel consumed, cancels included
	Reaped    uint64 // operations reaped
	Overflows uint64 // operations that had to wait for room in the submission queue
	Stale     uint64 // completions of operations that were not in flight
	Watches   uint64 // calls of Watch
	Nudges    uint64 // calls of Nudge that found deferred work
}

// Stats returns the counters. Locked.
func (e *Engine) Stats() Stats {
	e.countSubmitted()
	s := e.stats
	s.Enters, s.Watches, s.Nudges = e.enters.Load(), e.watches.Load(), e.nudges.Load()
	return s
}

// Close gives the ring, its memory and the eventfd back. The kernel tears a ring down in
// the background; what it held may be charged to the process a little longer.
func (e *Engine) Close() error {
	var err error
	if e.file != nil {
		err = e.file.Close()
	}
	return errors.Join(err, e.ring.close())
}
