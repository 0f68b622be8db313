// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"iocp/internal/engine"
)

// patience is how long a test waits for what must come. The suite's own tests wait less.
var patience = 30 * time.Second

// Port plays the port for an engine: the lock, and one goroutine at a time in Enter. It brings the
// machine whose descriptors the engine works on. Its methods fail the test when an engine breaks its
// promises, or when what must come does not come in 30 s.
type Port struct {
	testing.TB
	engine.Engine
	Machine
	c      *Config
	mu     sync.Mutex
	enter  sync.Mutex
	closed bool
}

// NewPort adopts e for a test of what this engine alone does. It is closed when the test ends.
func NewPort(t testing.TB, e engine.Engine) *Port {
	t.Helper()
	system := System(t) // its descriptors are closed after the engine
	return adopt(t, e, system, &Config{})
}

func newPort(t testing.TB, c *Config) *Port {
	t.Helper()
	system := System(t)
	e, m := c.New(t)
	if m == nil {
		m = system
	}
	return adopt(t, e, m, c)
}

func adopt(t testing.TB, e engine.Engine, m Machine, c *Config) *Port {
	t.Helper()
	if m == nil {
		t.Fatal("enginetest: this system has no machine of its own; Config.New must bring one")
	}
	p := &Port{TB: t, Engine: e, Machine: m, c: c}
	t.Cleanup(p.close)
	return p
}

// Name is the engine's, and not the test's.
func (p *Port) Name() string { return p.Engine.Name() }

// close closes the engine, unless a test that has failed left operations in flight.
func (p *Port) close() {
	if p.closed {
		return
	}
	if n := p.inFlight(); n != 0 && !p.Failed() {
		p.Errorf("the test leaves %d operations in flight", n)
	} else if n != 0 {
		return
	}
	p.closed = true
	if err := p.Engine.Close(); err != nil {
		p.Errorf("Close: %v", err)
	}
}

func (p *Port) Locked(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *Port) pending() (n int)  { p.Locked(func() { n = p.Pending() }); return n }
func (p *Port) inFlight() (n int) { p.Locked(func() { n = p.InFlight() }); return n }
func (p *Port) ready() (n int)    { p.Locked(func() { n = p.Ready() }); return n }
func (p *Port) publish() (n int)  { p.Locked(func() { n = p.Publish() }); return n }

func (p *Port) reap(buf []engine.Completion) (n int) {
	p.Locked(func() { n = p.Reap(buf) })
	return n
}

// queue only queues.
func (p *Port) QueueAll(ops ...*engine.Op) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, op := range ops {
		p.Queue(op)
	}
}

// submit enters until nothing is pending.
func (p *Port) Submit() {
	p.Helper()
	p.enter.Lock()
	defer p.enter.Unlock()
	for n := p.publish(); n > 0; n = p.publish() {
		if _, err := p.Enter(n, true); err != nil {
			p.Errorf("Enter: %v", err)
			return
		}
	}
}

// start queues and submits.
func (p *Port) Start(ops ...*engine.Op) {
	p.Helper()
	p.QueueAll(ops...)
	p.Submit()
}

// step does what a worker does between two looks: it submits, lets deferred work run and reaps.
func (p *Port) Step(buf []engine.Completion) (n int) {
	p.Helper()
	p.mu.Lock()
	n = p.Reap(buf)
	work := n == 0 && (p.Pending() > 0 || p.Work())
	p.mu.Unlock()
	if !work {
		return n
	}
	p.enter.Lock()
	p.mu.Lock()
	m := p.Publish()
	p.mu.Unlock()
	_, err := p.Enter(m, true)
	p.enter.Unlock()
	if err != nil {
		p.Fatalf("Enter: %v", err)
	}
	p.mu.Lock()
	n = p.Reap(buf)
	p.mu.Unlock()
	return n
}

// wait returns the next n completions. It watches when there is nothing to do, and fails the test
// if they do not come in time.
func (p *Port) Wait(n int) (got []engine.Completion) {
	p.Helper()
	late := p.alarm()
	defer late.Stop()
	buf := make([]engine.Completion, 64)
	for len(got) < n {
		m := p.Step(buf[:min(len(buf), n-len(got))])
		got = append(got, buf[:m]...)
		if m == 0 {
			p.Watch()
		}
		if late.rang.Load() {
			p.Fatalf("%d of %d completions after %v; %s", len(got), n, patience, p.state())
		}
	}
	return got
}

// wait1 is the next completion, which must be op's, and is its result.
func (p *Port) WaitFor(op *engine.Op) int32 {
	p.Helper()
	c := p.Wait(1)[0]
	if c.Op != op {
		p.Fatalf("%v ended with %d, want the end of %v", c.Op.Kind, c.Res, op.Kind)
	}
	return c.Res
}

// do runs one operation to its end.
func (p *Port) Do(op *engine.Op) int32 {
	p.Helper()
	p.Start(op)
	return p.WaitFor(op)
}

// untilReady waits, as a watcher does, until there is something to reap, and leaves it there.
func (p *Port) UntilReady() {
	p.Helper()
	late := p.alarm()
	defer late.Stop()
	for p.ready() == 0 {
		if p.Watch(); late.rang.Load() {
			p.Fatalf("nothing to reap after %v; %s", patience, p.state())
		}
	}
}

// cancel cancels and submits.
func (p *Port) CancelAll(ops ...*engine.Op) {
	p.Helper()
	p.Locked(func() {
		for _, op := range ops {
			p.Cancel(op)
		}
	})
	p.Submit()
}

// none checks that nothing can be reaped.
func (p *Port) None() {
	p.Helper()
	var buf [1]engine.Completion
	if p.Step(buf[:]) != 0 {
		p.Fatalf("%v ended with %d, and nothing should have ended", buf[0].Op.Kind, buf[0].Res)
	}
}

// is checks a result.
func (p *Port) Is(what string, got, want int32) {
	p.Helper()
	if got != want {
		p.Errorf("%s: result %d, want %d", what, got, want)
	}
}

func (p *Port) errno(e syscall.Errno) int32 {
	if p.c.Errno == nil {
		return -int32(e)
	}
	return p.c.Errno(e)
}

// send writes all of s, without the engine.
func (p *Port) Send(fd int32, s string) {
	p.Helper()
	if n, err := p.Write(fd, []byte(s)); n != len(s) || err != nil {
		p.Errorf("write: %d, %v", n, err)
	}
}

// holds checks that exactly want can be read from fd.
func (p *Port) Holds(fd int32, want string) {
	p.Helper()
	b := make([]byte, len(want)+8)
	if n, err := p.Read(fd, b); err != nil || string(b[:n]) != want {
		p.Errorf("read %q, %v, want %q", b[:n], err, want)
	}
}

func (p *Port) state() string {
	s := ""
	if p.c.State != nil {
		s = p.c.State(p.Engine)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return "in flight " + strconv.Itoa(p.InFlight()) + ", pending " + strconv.Itoa(p.Pending()) + ", ready " + strconv.Itoa(p.Ready()) + "; " + s
}

// rounds shortens the long tests where they are slow.
func (p *Port) rounds(n int) int {
	if testing.Short() || raceEnabled {
		n /= 10
	}
	if p.c.Most > 0 {
		n = min(n, p.c.Most)
	}
	return n
}

// alarm wakes the watcher when the test has waited long enough.
type alarm struct {
	*time.Timer
	rang atomic.Bool
}

func (p *Port) alarm() *alarm {
	a := &alarm{}
	a.Timer = time.AfterFunc(patience, func() {
		a.rang.Store(true)
		p.Locked(p.Wake)
	})
	return a
}

// eventually polls a condition that no completion announces.
func (p *Port) Eventually(what string, cond func() bool) {
	p.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(end) {
			p.Fatalf("not in %v: %s; %s", patience, what, p.state())
		}
	}
}

// closeFD closes fd through the engine.
func (p *Port) CloseFD(fd int32) int32 {
	p.Helper()
	res := p.Do(&engine.Op{Kind: engine.Close, FD: fd})
	if res == 0 {
		p.Gone(fd)
	}
	return res
}

func Op(kind engine.Kind, fd int32, b []byte) *engine.Op {
	return &engine.Op{Kind: kind, FD: fd, Addr: unsafe.Pointer(unsafe.SliceData(b)), Len: uint32(len(b))}
}

// stream is op without an offset.
func Stream(kind engine.Kind, fd int32, b []byte) *engine.Op {
	o := Op(kind, fd, b)
	o.Off = -1
	return o
}

func withFlags(o *engine.Op, flags uint32) *engine.Op {
	o.Flags = flags
	return o
}

func Nops(n int) []*engine.Op {
	ops := make([]*engine.Op, n)
	for i := range ops {
		ops[i] = &engine.Op{Kind: engine.Nop}
	}
	return ops
}
