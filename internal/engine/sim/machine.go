// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"
	"time"

	"iocp/internal/engine"
	"iocp/internal/engine/spin"
)

// Config says how a machine is made.
type Config struct {
	Seed   uint64
	Faults Faults
	Follow bool // the following clock; see the package
}

// Machine is a simulated computer. Any number of engines serve ports on it. All methods may be
// called by any goroutine; none blocks unless it says so.
type Machine struct {
	spin.Mutex
	seed   uint64
	faults Faults
	clock  clock
	events events
	seq    uint64 // of events

	nodes   []*node // by descriptor, less firstFD
	freeFDs []int32
	bound   map[address]*node
	nextTCP uint16
	files   map[string]*inode
	inodes  uint64

	engines []*Engine
	callers []*Engine
	parked  []*Engine // in Watch, with nothing left to happen
	streams uint64    // engines made so far, and with that of dice
	calls   uint64    // that are no requests
	trial   request
	trace   trace
}

// address is where a socket can be found.
type address struct {
	typ  int
	addr netip.AddrPort
}

// New makes a machine. It fails if cfg is not sensible.
func New(cfg Config) (*Machine, error) {
	if err := cfg.Faults.check(); err != nil {
		return nil, err
	}
	m := &Machine{seed: cfg.Seed, faults: cfg.Faults, nextTCP: firstEphemeral, streams: 1,
		bound: make(map[address]*node), files: make(map[string]*inode)}
	m.faults.complete()
	m.clock.start(cfg.Follow)
	m.trace.start()
	return m, nil
}

// Now returns how much virtual time has passed since the machine was made.
func (m *Machine) Now() time.Duration {
	m.Lock()
	defer m.Unlock()
	return time.Duration(m.now())
}

// NewEngine makes an engine for one port.
func (m *Machine) NewEngine() engine.Engine {
	m.Lock()
	defer m.Unlock()
	e := m.newEngine()
	m.engines = append(m.engines, e)
	return e
}

func (m *Machine) newEngine() *Engine {
	e := &Engine{m: m, stream: m.streams, wake: make(chan struct{}, 1)}
	m.streams++
	return e
}

// schedule has ev happen after delay. Events of one time are in the order of the dice.
func (m *Machine) schedule(ev event, delay int64, d *dice) {
	m.scheduleAt(ev, m.now()+delay, d)
}

func (m *Machine) scheduleAt(ev event, at int64, d *dice) {
	ev.at, ev.tie, ev.seq = at, d.pcg.Uint64(), m.seq
	m.seq++
	m.events.push(ev)
	m.clock.expect(m)
	m.rouse()
}

// latency is what anything takes.
func (m *Machine) latency(d *dice) int64 {
	usual := int64(m.faults.Latency)
	return usual/2 + d.below(usual) + 1
}

// late is how late something is, if it is.
func (m *Machine) late(p float64, d *dice) int64 {
	if !d.hits(p) {
		return 0
	}
	return 1 + d.below(int64(m.faults.MaxDelay))
}

// happen makes the next event happen.
func (m *Machine) happen() {
	ev := m.events.pop()
	m.clock.reached(ev.at)
	switch ev.what {
	case carryOut, giveUp, lose, show:
		m.happenToRequest(&ev)
	case arrive, arriveEnd:
		m.happenToFlow(&ev)
	case arriveRST:
		ev.node.reset(m)
	case arriveGram:
		ev.node.receiveGram(m, ev.gram)
	case unreachable:
		ev.node.refused(m)
	}
}

// catchUp makes everything happen whose time has come. With the jumping clock that is nothing: the
// time comes only when somebody waits.
func (m *Machine) catchUp() {
	if !m.clock.follow {
		return
	}
	now := m.clock.read()
	for len(m.events) > 0 && m.events[0].at <= now {
		m.happen()
	}
	m.clock.reached(now)
}

// advance makes the next event happen, if there is one and its time may come now.
func (m *Machine) advance() bool {
	if m.clock.follow {
		return false
	}
	for _, e := range m.engines {
		e.submitAll()
	}
	if len(m.events) == 0 {
		return false
	}
	m.happen()
	return true
}

// callDice are those of a call that is no request.
func (m *Machine) callDice() *dice {
	m.calls++
	d := new(dice)
	d.throw(m.seed, 0, m.calls)
	return d
}
