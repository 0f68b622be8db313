// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"iocp"
)

// maxAccepts is the number of accepts in flight at most. A listener starts with one and
// doubles with every connection, so a busy one is ready for a burst.
const maxAccepts = 16

// closePatience is how long Close of a Listener waits for the packets of its accepts. They
// come at once while the port is served.
const closePatience = time.Second

// Listener is a TCP listener over a completion port. Its methods may be called by any number
// of goroutines.
//
// It keeps accepts in flight from the first Accept on, so a few connections may be
// established before their Accept; those are closed with the listener.
type Listener struct {
	n       *Network
	tcp     *iocp.TCPListener
	network string
	addr    net.Addr

	sync.Mutex
	changed  sync.Cond // a connection is ready, the deadline has passed, or all is closed
	idle     []*accept
	ready    []*accept // over, not yet returned by Accept
	busy     int       // accepts in flight
	window   int       // accepts wanted in flight or ready
	waiting  int       // goroutines in Accept
	closed   bool
	deadline deadline
	drained  chan struct{} // closed when closed and none is in flight
}

// accept is one accept operation and the connection that it makes.
type accept struct {
	iocp.Overlapped
	l    *Listener
	conn *iocp.TCPConn
	err  error
}

// Listen makes a listener on address of network, which is "tcp", "tcp4" or "tcp6". Port 0
// picks a free one, no host means all addresses of the machine. It does not wait. The
// listener is a *[Listener]; its connections are *[Conn].
func (n *Network) Listen(network, address string) (net.Listener, error) {
	if err := known(network); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	tcp, err := iocp.ListenTCP(network, address)
	if err != nil {
		return nil, err
	}
	l := &Listener{n: n, tcp: tcp, network: network, addr: tcp.Addr(), window: 1, drained: make(chan struct{})}
	l.changed.L = l
	l.deadline.owner = l
	if err = n.port.Associate(tcp, l); err == nil {
		err = n.admit(l)
	}
	if err != nil {
		err = l.opError("listen", "listen", err)
		tcp.Close()
		return nil, err
	}
	return l, nil
}

// Accept waits for the next connection, a *[Conn] that is associated with the port. After
// Close it returns [net.ErrClosed], after the deadline [os.ErrDeadlineExceeded]. Errors that
// pass, such as too many open files, are Temporary: servers wait and call it again.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		tcp, err := l.next()
		if errors.Is(err, syscall.ECONNABORTED) {
			continue // the peer has gone while it stood in the queue: accept(2)
		}
		if err != nil {
			return nil, l.opError("accept", "accept", err)
		}
		c, err := l.n.newConn(tcp, l.network)
		if err != nil {
			return nil, l.opError("accept", "accept", err)
		}
		c.established()
		return c, nil
	}
}

// next waits until an accept is over and returns what it brought.
func (l *Listener) next() (*iocp.TCPConn, error) {
	l.Lock()
	defer l.Unlock()
	l.waiting++
	defer func() { l.waiting-- }()
	for {
		if l.closed {
			return nil, net.ErrClosed
		}
		if l.deadline.expired {
			return nil, os.ErrDeadlineExceeded
		}
		if len(l.ready) > 0 {
			return l.take()
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
		l.changed.Wait()
	}
}

// take returns the oldest accept that is over, and starts others in its place. After an
// error there is one again, and only if somebody else waits for it: sixteen reports that
// the process has too many open files would all be stale but the first.
func (l *Listener) take() (*iocp.TCPConn, error) {
	a := l.ready[0]
	l.ready = append(l.ready[:0], l.ready[1:]...)
	conn, err := a.conn, a.err
	l.release(a)
	if err != nil {
		l.window = 1
		l.forgetErrors()
		if l.waiting > 1 {
			l.changed.Signal()
		}
		return nil, err
	}
	l.window = min(2*l.window, maxAccepts)
	l.fill() // what fails here fails again in the next Accept, if it is still true
	return conn, nil
}

// forgetErrors drops the accepts that failed together with the one reported now.
func (l *Listener) forgetErrors() {
	kept := l.ready[:0]
	for _, a := range l.ready {
		if a.err != nil {
			l.release(a)
		} else {
			kept = append(kept, a)
		}
	}
	l.ready = kept
}

// release makes a ready for its next start. A failed accept has connected nothing.
func (l *Listener) release(a *accept) {
	if a.err != nil {
		a.conn.Close()
	}
	a.conn, a.err = nil, nil
	l.idle = append(l.idle, a)
}

// fill starts accepts until the window is full. An error counts only if nothing else can
// wake the caller.
func (l *Listener) fill() error {
	for l.busy+len(l.ready) < l.window {
		if err := l.start(); err != nil {
			if l.busy+len(l.ready) > 0 {
				return nil
			}
			return err
		}
	}
	return nil
}

func (l *Listener) start() error {
	a := &accept{l: l}
	if last := len(l.idle) - 1; last >= 0 {
		a, l.idle = l.idle[last], l.idle[:last]
	}
	a.conn = iocp.NewTCPConn()
	if a.err = l.tcp.Accept(a, a.conn); a.err != nil {
		err := a.err
		l.release(a)
		return err
	}
	l.busy++
	return nil
}

// Complete takes the packet of an accept. It never blocks.
func (a *accept) Complete(c iocp.Completion) {
	l := a.l
	l.Lock()
	defer l.Unlock()
	l.busy--
	a.err = c.Err
	if !l.closed {
		l.ready = append(l.ready, a)
		l.changed.Signal()
		return
	}
	a.conn.Close()
	if l.busy == 0 {
		close(l.drained)
	}
}

// Close closes the listener: Accepts that block return [net.ErrClosed], connections that
// were not yet returned are closed. It waits for the packets of the accepts in flight, so
// that the address is free when it returns; if nobody serves the port any more it gives
// that up after a second. A second Close returns [net.ErrClosed].
func (l *Listener) Close() error {
	return l.opError("close", "close", l.shut())
}

// shut closes the socket last: with nothing in flight Close returns when the descriptor is closed, and
// otherwise the port closes it some time after the last packet.
func (l *Listener) shut() error {
	if !l.refuse() {
		return net.ErrClosed
	}
	l.tcp.CancelAll() // an error says that there is nothing to cancel
	patience := time.NewTimer(closePatience)
	defer patience.Stop()
	select {
	case <-l.drained:
	case <-patience.C:
	}
	err := l.tcp.Close()
	l.n.dismiss(l)
	return err
}

// refuse turns every Accept away and closes what none has taken. It reports whether the
// listener was open until now.
func (l *Listener) refuse() bool {
	l.Lock()
	defer l.Unlock()
	if l.closed {
		return false
	}
	l.closed = true
	l.deadline.stop()
	l.changed.Broadcast()
	for _, a := range l.ready {
		a.conn.Close()
	}
	l.ready = nil
	if l.busy == 0 {
		close(l.drained)
	}
	return true
}

// interrupt is called by the deadline, with l's lock held. Accepts stay in flight: they use
// nobody's memory, and the connections they bring are for the Accepts to come.
func (l *Listener) interrupt() {
	l.changed.Broadcast()
}

// SetDeadline sets the deadline of Accept, of those that block now too. The zero time means
// none.
func (l *Listener) SetDeadline(t time.Time) error {
	l.Lock()
	defer l.Unlock()
	if l.closed {
		return l.opError("set", "", net.ErrClosed)
	}
	l.deadline.set(t)
	return nil
}

// Addr returns the address listened on, a *[net.TCPAddr].
func (l *Listener) Addr() net.Addr { return l.addr }

// SyscallConn gives access to the descriptor, for options that have no method here.
func (l *Listener) SyscallConn() (syscall.RawConn, error) {
	l.Lock()
	defer l.Unlock()
	if l.closed {
		return nil, l.opError("raw-control", "", net.ErrClosed)
	}
	raw, err := l.tcp.SyscallConn()
	return raw, l.opError("raw-control", "", err)
}
