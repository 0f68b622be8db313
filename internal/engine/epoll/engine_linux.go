// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/engine/lookout"
	"iocp/internal/engine/pool"
	"iocp/internal/engine/spin"
	"iocp/internal/netpoll"
)

// maxEvents is what one epoll_wait(2) brings at most. Larger batches were not measurably faster.
const maxEvents = 128

// Engine is one epoll instance and implements engine.Engine, whose comments say which methods
// are called under the port's lock.
type Engine struct {
	table       inflight.Table[request] // guarded by the port's lock, like the next
	reaped      uint64
	submissions inflight.Submissions[request] // guarded by the port's lock, up to Enter

	drive   spin.Mutex // guards the descriptors and the requests that wait for them
	epfd    int
	descs   []*desc
	fresh   chain // over, and not shown yet
	events  [maxEvents]unix.EpollEvent
	scratch [maxVectors]unix.Iovec
	msg     unix.Msghdr
	batch   [maxBatch]transfer
	nBatch  int
	found   uint64 // events, ever
	guard   lookout.Guard
	waits   int32        // requests in lines and among polls
	waiting atomic.Int32 // what waits was when drive was last given back

	over    inflight.Finished[request] // what Reap finds
	looked  lookout.Look               // at the kernel's events
	pool    pool.Pool[request, room]
	kernel  *kernel
	noWait  bool // preadv2(2) and pwritev2(2) are there
	wakeup  wakeup
	parked  atomic.Bool // somebody is in Watch, and may be asleep
	file    *os.File    // epfd, in Go's poller
	conn    syscall.RawConn
	peekFn  func(uintptr) bool
	closed  bool  // guarded by drive
	failed  error // what epoll_wait broke with: guarded by drive
	enters  atomic.Uint64
	looks   atomic.Uint64
	watches atomic.Uint64
}

var _ engine.Engine = (*Engine)(nil)

// New makes an engine. It fails with the error of Probe where epoll cannot be used. It does not
// block.
func New() (*Engine, error) {
	if info := Probe(); !info.Available {
		return nil, info.Err
	}
	return host.newEngine()
}

func (k *kernel) newEngine() (*Engine, error) {
	fd, errno := k.create()
	if errno != 0 {
		return nil, explained("epoll_create1", errno)
	}
	e := &Engine{epfd: fd, kernel: k, noWait: k.vectors() == 0}
	e.peekFn = e.peek
	e.pool.Init(pool.Work[request, room]{Do: e.block, Over: e.carriedOut})
	e.guard.Init(e.guardRound)
	if err := e.attach(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// attach gives the epoll descriptor to Go's poller, and adds what wakes a watcher to it.
func (e *Engine) attach() (err error) {
	if err := unix.SetNonblock(e.epfd, true); err != nil { // only this makes Go poll it
		return fmt.Errorf("epoll: fcntl: %w", err)
	}
	if e.file, e.conn, err = netpoll.Open(e.epfd, "epoll"); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	if err := e.wakeup.open(e.kernel); err != nil {
		return err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | edge, Fd: wakeupFD}
	if err := unix.EpollCtl(e.epfd, unix.EPOLL_CTL_ADD, e.wakeup.in, &ev); err != nil {
		return explained("epoll_ctl", err.(syscall.Errno))
	}
	return nil
}

// Name returns "epoll".
func (e *Engine) Name() string { return "epoll" }

// Features returns the sorted names of what is in force: "eventfd" and "preadv2". Any time.
func (e *Engine) Features() (names []string) {
	if e.wakeup.in == e.wakeup.out {
		names = append(names, "eventfd")
	}
	if e.noWait {
		names = append(names, "preadv2")
	}
	slices.Sort(names)
	return names
}

// Stats counts what an engine has done since New.
type Stats struct {
	Enters  uint64 // calls of Enter
	Looks   uint64 // calls of epoll_wait(2)
	Reaped  uint64 // operations reaped
	Watches uint64 // calls of Watch
	Threads int    // goroutines of the pool
}

// Stats returns the counters. Locked.
func (e *Engine) Stats() Stats {
	return Stats{Enters: e.enters.Load(), Looks: e.looks.Load(), Reaped: e.reaped, Watches: e.watches.Load(),
		Threads: e.pool.Size()}
}

// Close gives the descriptors back and waits for the goroutines of the pool.
func (e *Engine) Close() error {
	e.pool.Close()
	e.drive.Lock()
	e.closed = true
	e.drive.Unlock()
	e.guard.Stop()
	err := e.wakeup.close()
	if e.file == nil {
		return errors.Join(err, syscall.Close(e.epfd))
	}
	return errors.Join(err, e.file.Close())
}
