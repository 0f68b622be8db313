// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/engine/lookout"
	"iocp/internal/engine/pool"
	"iocp/internal/engine/spin"
	"iocp/internal/sys/nt"
)

// maxEntries is how many packets one call takes at most.
const maxEntries = 128

// Engine is one completion port of the kernel and implements engine.Engine, whose comments say which
// methods are called under the port's lock.
type Engine struct {
	table       inflight.Table[request] // guarded by the port's lock, like the next
	reaped      uint64
	submissions inflight.Submissions[request] // guarded by the port's lock, up to Enter

	port      windows.Handle
	transmits bool         // TransmitFile is used
	waiting   atomic.Int32 // operations that the kernel has
	pool      pool.Pool[request, thread]
	handles   handles
	known     known

	looking spin.Mutex // guards the three below
	entries [maxEntries]nt.Entry
	closed  bool
	failed  error // what taking packets broke with

	over   inflight.Finished[request] // what Reap finds
	looked lookout.Look               // at the kernel's events

	guard  lookout.Guard
	wakeup wakeup
	seen   [maxEntries]nt.Entry // of the one goroutine in Watch

	enters, looks, found, watches, strays atomic.Uint64
}

var _ engine.Engine = (*Engine)(nil)

// engines keeps what the kernel may write to reachable, as long as it may.
var engines struct {
	sync.Mutex
	open map[*Engine]bool
}

// Options are for New.
type Options struct {
	// TransmitFile has files sent by that function also where it is better left alone, for tests of it.
	TransmitFile bool
}

// New makes an engine. It fails with the error of Probe where it cannot be used. It does not block.
func New(o Options) (*Engine, error) {
	if info := Probe(); !info.Available {
		return nil, info.Err
	}
	return newEngine(o)
}

func newEngine(o Options) (*Engine, error) {
	if err := begin(); err != nil {
		return nil, err
	}
	port, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, unlimited)
	if err != nil {
		return nil, explained("CreateIoCompletionPort", err)
	}
	e := &Engine{port: port, transmits: o.TransmitFile || whyNotTransmit() == ""}
	e.pool.Init(pool.Work[request, thread]{Begin: (*thread).begin, End: (*thread).end, Do: carryOut, Over: e.carriedOut})
	e.guard.Init(e.guardRound)
	engines.Lock()
	defer engines.Unlock()
	if engines.open == nil {
		engines.open = make(map[*Engine]bool)
	}
	engines.open[e] = true
	return e, nil
}

// unlimited is a concurrency value that holds nobody back.
const unlimited = 0xffffffff

// begin starts the use of sockets, which is never ended.
var begin = sync.OnceValue(func() error {
	var data windows.WSAData
	if err := windows.WSAStartup(0x0202, &data); err != nil {
		return explained("WSAStartup", err)
	}
	return nil
})

// explained makes a failure that an engine cannot live with a sentence that says what to do.
func explained(call string, err error) error {
	cure := "close handles, or end what else takes the memory of the kernel"
	if errors.Is(err, windows.WSAVERNOTSUPPORTED) {
		cure = "Windows 10 or later is needed"
	}
	return fmt.Errorf("nt: %s: %w; %s", call, err, cure)
}

// Name returns "nt".
func (e *Engine) Name() string { return "nt" }

// Stats counts what an engine has done since New.
type Stats struct {
	Enters  uint64 // calls of Enter
	Looks   uint64 // calls that took packets without waiting
	Reaped  uint64 // operations reaped
	Watches uint64 // calls of Watch
	Strays  uint64 // packets that belonged to no operation of the engine
	Threads int    // goroutines of the pool
}

// Stats returns the counters. Locked.
func (e *Engine) Stats() Stats {
	return Stats{Enters: e.enters.Load(), Looks: e.looks.Load(), Reaped: e.reaped, Watches: e.watches.Load(),
		Strays: e.strays.Load(), Threads: e.pool.Size()}
}

// Close gives the kernel's port back and waits for the goroutines of the pool.
func (e *Engine) Close() error {
	e.pool.Close()
	e.looking.Lock()
	e.closed = true
	e.looking.Unlock()
	e.guard.Stop()
	engines.Lock()
	delete(engines.open, e)
	engines.Unlock()
	if err := windows.CloseHandle(e.port); err != nil {
		return fmt.Errorf("nt: CloseHandle: %w", err)
	}
	return nil
}

// aborted is the result of an operation that was cancelled.
const aborted = -int32(windows.ERROR_OPERATION_ABORTED)

// negative is the result for an error number.
func negative(errno syscall.Errno) int32 { return -int32(nt.Failed(errno)) }
