// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"context"
	"fmt"
	"net"
	"sync"

	"iocp"
)

// Config says how [New] makes the port of a [Network] and its workers. The zero value is
// right for most programs.
type Config struct {
	// Engine names the engine, as in [iocp.Config]; "" is the best that works here.
	Engine string

	// Concurrency is the port's concurrency value; 0 is the number of CPUs (A29).
	Concurrency int

	// Workers is the number of goroutines that serve the port; 0 is twice the
	// concurrency value (C15), but no more than 4096. They are all the goroutines that a network has.
	Workers int
}

// packetsPerGet is the size of a worker's batch. A batch costs one slot of the port (C12),
// and passing a packet on to the goroutine that waits for it never blocks.
const packetsPerGet = 64

// Network makes connections and listeners whose input and output goes through one
// completion port. Its methods may be called by any number of goroutines.
type Network struct {
	port *iocp.Port
	pool *iocp.Pool // nil: the caller serves the port

	mu       sync.Mutex
	draining bool
	members  map[member]struct{}
	empty    chan struct{} // closed when draining and the last member has gone

	end    sync.Once
	endErr error
}

// member is what a network has to close before it ends: a *Conn or a *Listener.
type member interface {
	shut() error
}

// New makes a port with workers that serve it, and a network over both.
//
// The error is [iocp.NewPort]'s: [iocp.ErrInvalidParameter] for an engine that does not exist
// or a negative number, an *[iocp.EngineError] for an engine that the system refuses. With
// Engine "" a refusal shows in the first Listen or Dial. New does not block.
func New(c Config) (*Network, error) {
	if c.Workers < 0 {
		return nil, fmt.Errorf("netconn: Config.Workers must not be negative: %w", iocp.ErrInvalidParameter)
	}
	port, err := iocp.NewPort(iocp.Config{Engine: c.Engine, Concurrency: c.Concurrency})
	if err != nil {
		return nil, err
	}
	n := NewOn(port)
	n.pool = iocp.NewPool(port, iocp.PoolConfig{Workers: c.Workers, Batch: packetsPerGet})
	return n, nil
}

// NewOn makes a network over a port that the caller serves, with an [iocp.Pool] or with
// workers of his own that call the Complete method of every [iocp.Completer] they get.
//
// The port stays the caller's: he keeps it open and served until [Network.Close] or
// [Network.Shutdown] has returned, and closes it himself. While nobody serves the port no
// Read, Write, Accept or Dial returns.
func NewOn(port *iocp.Port) *Network {
	return &Network{
		port:    port,
		members: make(map[member]struct{}),
		empty:   make(chan struct{}),
	}
}

// Port returns the completion port of the network. A caller may associate handles of his
// own with it and start operations on them: packets of a network made by [New] are served
// by workers that call Complete where the operation has it and drop the packet where not.
func (n *Network) Port() *iocp.Port { return n.port }

// Shutdown ends the network in an orderly way. It closes the listeners, refuses new
// connections with [net.ErrClosed], and waits until every connection was closed by its user.
// Then it waits for the packets of all operations on the port, ends the workers and closes
// the port; a port given to [NewOn] is left alone.
//
// When ctx ends first, Shutdown closes the remaining connections as [Network.Close] does,
// finishes all the same, and returns ctx.Err().
func (n *Network) Shutdown(ctx context.Context) error {
	n.drain()
	var late error
	select {
	case <-n.empty:
	case <-ctx.Done():
		late = n.unfinished(ctx)
	}
	n.closeMembers()
	if err := n.finish(); err != nil {
		return err
	}
	return late
}

// unfinished returns ctx.Err(), or nil if there was nothing left to wait for when ctx ended.
func (n *Network) unfinished(ctx context.Context) error {
	select {
	case <-n.empty:
		return nil
	default:
		return ctx.Err()
	}
}

// Close ends the network at once: listeners and connections are closed and the calls that
// wait on them return with [net.ErrClosed]. It blocks until the packets of all operations on
// the port have come, then ends the workers and closes the port; a port given to [NewOn] is
// left alone. Further calls do nothing and return the same.
func (n *Network) Close() error {
	n.drain()
	n.closeMembers()
	return n.finish()
}

// drain stops the network from growing: no new member is admitted, the listeners close.
func (n *Network) drain() {
	n.mu.Lock()
	if !n.draining {
		n.draining = true
		n.settle()
	}
	n.mu.Unlock()
	for _, m := range n.snapshot() {
		if l, ok := m.(*Listener); ok {
			l.shut()
		}
	}
}

func (n *Network) closeMembers() {
	for _, m := range n.snapshot() {
		m.shut()
	}
}

// snapshot copies the members, because closing one takes it out of the set.
func (n *Network) snapshot() []member {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := make([]member, 0, len(n.members))
	for m := range n.members {
		all = append(all, m)
	}
	return all
}

// finish ends what New started. The workers are given all the time they need: an operation
// whose packet nobody fetched would leave a Read waiting for ever.
func (n *Network) finish() error {
	n.end.Do(func() {
		if n.pool == nil {
			return
		}
		n.endErr = n.pool.Shutdown(context.Background())
		if err := n.port.Close(); n.endErr == nil {
			n.endErr = err
		}
	})
	return n.endErr
}

// admit takes a member into the set that Close works through.
func (n *Network) admit(m member) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.draining {
		return net.ErrClosed
	}
	n.members[m] = struct{}{}
	return nil
}

func (n *Network) dismiss(m member) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.members[m]; ok {
		delete(n.members, m)
		n.settle()
	}
}

// settle closes n.empty when the last member goes. A network that drains admits nobody, so
// the set becomes empty once.
func (n *Network) settle() {
	if n.draining && len(n.members) == 0 {
		close(n.empty)
	}
}
