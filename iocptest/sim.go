// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"iocp"
	"iocp/internal/engine"
	"iocp/internal/engine/sim"
	"iocp/internal/hook"
	"iocp/internal/sys"
)

// Sim is a simulated machine to test programs on: ports, connections, datagrams and files that exist
// in memory only, and as many faults as wanted. Ports and endpoints that its methods make are used
// like any other; an endpoint of one machine cannot be used with a port or an endpoint of another.
//
// # One seed, one history
//
// All that happens by chance is decided by the seed. If one goroutine does everything, takes
// packets, starts operations and calls the peers, two runs with the same seed are the same to the
// last byte, whatever else the computer does: [Sim.Hash] is the proof. With several goroutines the order in
// which they come to the machine is the scheduler's, and a seed that has found a fault once will
// often, but not always, do so again. The goroutine that does everything waits in [iocp.Port.Get],
// not in a loop of polls, and leaves time to the machine: a timeout is real time, and a race with it.
//
// # Time
//
// The machine has a time of its own ([Sim.Now]). It stands still while the program computes, and
// jumps to the next thing that is to happen as soon as somebody waits: a worker in Get, a peer in
// Read. Timeouts (of Get, of [iocp.Overlapped.SetTimeout], of contexts) are not on it but real time: a delay of a
// minute is over before a timeout of a millisecond strikes. A test of what a timeout does belongs in a bubble.
//
// In a bubble of testing/synctest both are one: the machine follows the bubble's clock, an operation that takes
// 3 ms of the machine's time ends 3 ms after it was started, and a timeout of 2 ms ends it before.
// Make the machine and everything on it in the bubble, and end with [Sim.Finish], which waits until
// what was closed is gone. The first port of a process should be made outside, since it learns then
// how to read the state of goroutines; in a bubble it cannot.
//
// All methods may be called by any goroutine.
type Sim struct {
	m      *sim.Machine
	s      sys.System
	seed   uint64
	faults Faults
}

// NewSim makes a machine. It needs nothing of the operating system, and nothing has to be closed but
// the ports and endpoints on it. It panics if a probability is not from 0 to 1 or a duration is negative.
func NewSim(seed uint64, f Faults) *Sim {
	m, err := sim.New(sim.Config{Seed: seed, Faults: sim.Faults(f), Follow: sim.InBubble()})
	if err != nil {
		panic("iocptest: " + err.Error())
	}
	return &Sim{m: m, s: m.System(), seed: seed, faults: f}
}

// String returns the seed in words, for messages of tests.
func (s *Sim) String() string { return fmt.Sprintf("a simulated machine with the seed %d", s.seed) }

// Port makes a port on the machine. cfg.Engine is not looked at. Errors: those of [iocp.NewPort].
func (s *Sim) Port(cfg iocp.Config) (*iocp.Port, error) {
	p, err := hook.NewPort(s.s, cfg, func() (engine.Engine, error) { return s.m.NewEngine(), nil })
	if err != nil {
		return nil, err
	}
	return p.(*iocp.Port), nil
}

// ListenTCP is [iocp.ListenTCP] on the machine: every address is one of its own. Names are looked up
// by the operating system, so give it numbers, such as "10.0.0.1:80" or "127.0.0.1:0".
func (s *Sim) ListenTCP(network, address string) (*iocp.TCPListener, error) {
	l, err := hook.ListenTCP(s.s, network, address)
	if err != nil {
		return nil, err
	}
	return l.(*iocp.TCPListener), nil
}

// NewTCPConn is [iocp.NewTCPConn] on the machine.
func (s *Sim) NewTCPConn() *iocp.TCPConn { return hook.NewTCPConn(s.s).(*iocp.TCPConn) }

// NewSocket is [iocp.NewSocket] on the machine, which knows AF_INET and AF_INET6.
func (s *Sim) NewSocket(family, typ, proto int) (*iocp.Socket, error) {
	k, err := hook.NewSocket(s.s, family, typ, proto)
	if err != nil {
		return nil, err
	}
	return k.(*iocp.Socket), nil
}

// OpenFile is [iocp.OpenFile] on the machine, whose files are in memory and have any names. There
// are no directories. A file stays when it is closed.
func (s *Sim) OpenFile(name string, flag int, perm os.FileMode) (*iocp.File, error) {
	f, err := hook.OpenFile(s.s, name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f.(*iocp.File), nil
}

// WriteFile makes a file with this content, or gives it to one that is there. It never fails.
func (s *Sim) WriteFile(name string, content []byte) { s.m.WriteFile(name, content) }

// ReadFile returns the content of a file. Error: an [*os.PathError] if there is none such.
func (s *Sim) ReadFile(name string) ([]byte, error) { return s.m.ReadFile(name) }

// Seed returns the seed.
func (s *Sim) Seed() uint64 { return s.seed }

// Now returns how much time has passed on the machine since it was made.
func (s *Sim) Now() time.Duration { return s.m.Now() }

// Hash returns a number made of everything that has happened on the machine: which operations were
// started and how they ended, in which order and when. Two runs with equal numbers were the same.
func (s *Sim) Hash() uint64 { return s.m.Hash() }

// Trace writes a line to w for everything that happens from now on; nil ends that. w is written to
// while the machine is locked, so it must neither use the machine nor wait.
func (s *Sim) Trace(w io.Writer) { s.m.TraceTo(w) }

// Leaks says what is left on the machine: descriptors that are open, ports that are not closed for
// good. It does not wait, and closing takes a moment: [Sim.Finish] does.
func (s *Sim) Leaks() []string { return s.m.Leaks() }

// finishLimit is how long Finish waits for what is being closed.
const finishLimit = 10 * time.Second

// Finish fails t for everything that is left on the machine when the program is over and has closed
// its ports, endpoints and peers. What is being closed is given time. With a failure it prints
// the seed.
func (s *Sim) Finish(t testing.TB) {
	t.Helper()
	for start := time.Now(); len(s.Leaks()) > 0 && time.Since(start) < finishLimit; {
		if s.m.Follows() {
			time.Sleep(100 * time.Microsecond) // time passes only when everybody waits
		} else {
			runtime.Gosched()
		}
	}
	for _, what := range s.Leaks() {
		t.Errorf("%v is left with a leak: %s", s, what)
	}
	if t.Failed() {
		t.Logf("run it again on %v", s)
	}
	s.m.Stop()
}
