// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"io"
	"net"
	"net/netip"
	"syscall"

	"iocp"
)

// transport is a stream that steps work on: a TCPConn or a Socket.
type transport interface {
	endpoint
	recv(o *op, how receiving, bufs [][]byte) error
	send(o *op, bufs [][]byte) error
	disconnect(o *op) error
	shutdown() error
	duplicate() (transport, error)
	linger0() bool // makes Close a reset, if the type can do that

	Cancel(iocp.Op) error
	CancelAll() error
	SkipOnSuccess() error
	SyscallConn() (syscall.RawConn, error)
}

// receiving is how a receive receives.
type receiving uint8

const (
	plain receiving = iota
	readiness
	peek    // a Socket's alone
	waitAll // a Socket's alone
)

type tcp struct{ *iocp.TCPConn }

func (t tcp) recv(o *op, how receiving, bufs [][]byte) error {
	switch {
	case how == readiness:
		return t.Readable(o)
	case len(bufs) == 1:
		return t.Recv(o, bufs[0])
	}
	return t.Recvv(o, bufs)
}

func (t tcp) send(o *op, bufs [][]byte) error {
	if len(bufs) == 1 {
		return t.Send(o, bufs[0])
	}
	return t.Sendv(o, bufs)
}

func (t tcp) disconnect(o *op) error { return t.Disconnect(o) }
func (t tcp) shutdown() error        { return t.Shutdown(iocp.ShutdownSend) }
func (t tcp) linger0() bool          { return t.SetLinger(0) == nil }

func (t tcp) duplicate() (transport, error) {
	d, err := t.Duplicate()
	return tcp{d}, err
}

type socket struct{ *iocp.Socket }

func (t socket) recv(o *op, how receiving, bufs [][]byte) error {
	flags := map[receiving]int{peek: msgPeek, waitAll: msgWaitAll}[how]
	switch {
	case how == readiness:
		return t.Readable(o)
	case len(bufs) == 1:
		return t.Recv(o, bufs[0], flags)
	}
	return t.Recvv(o, bufs, flags)
}

func (t socket) send(o *op, bufs [][]byte) error {
	if len(bufs) == 1 {
		return t.Send(o, bufs[0])
	}
	return t.Sendv(o, bufs)
}

func (t socket) disconnect(o *op) error { return t.Disconnect(o, false) }
func (t socket) shutdown() error        { return t.Shutdown(iocp.ShutdownSend) }
func (t socket) linger0() bool          { return false }

func (t socket) duplicate() (transport, error) {
	d, err := t.Duplicate()
	return socket{d}, err
}

var anyPort = netip.MustParseAddrPort("127.0.0.1:0")

// dial makes the two ends of a TCP connection with package net.
func (r *runner) dial() (near, far net.Conn) {
	l, err := net.Listen("tcp", anyPort.String())
	r.must(err, "listening")
	defer l.Close()
	near, err = net.Dial("tcp", l.Addr().String())
	r.must(err, "connecting")
	for {
		far, err = l.Accept()
		r.must(err, "accepting")
		if far.RemoteAddr().String() == near.LocalAddr().String() {
			return near, far
		}
		far.Close() // somebody else's
	}
}

// adopted makes a connection of package iocp from one of package net.
func (r *runner) adopted(c net.Conn) transport {
	t, err := iocp.AdoptTCPConn(c)
	r.must(err, "adopting a connection")
	return tcp{t}
}

// associate puts an endpoint on the port.
func (r *runner) associate(e endpoint, key any) {
	r.opened = append(r.opened, e)
	r.must(r.port.Associate(e, key), "Associate")
}

type endpoint interface {
	iocp.Endpoint
	io.Closer
}

// connectedTCP makes both ends with operations of the port.
func (r *runner) connectedTCP() (transport, transport) {
	l, err := iocp.ListenTCP("tcp", anyPort.String())
	r.must(err, "listening")
	defer l.Close()
	r.associate(l, "listener")
	near, far := iocp.NewTCPConn(), iocp.NewTCPConn()
	r.associate(near, "near")
	a, c := r.newOp("accept", "listener", false), r.newOp("connect", "near", false)
	r.start(a, l.Accept(a, far))
	r.start(c, near.Connect(c, addrPort(l.Addr()), nil))
	r.await(a, c)
	r.must(a.err, "Accept")
	r.must(c.err, "Connect")
	return tcp{near}, tcp{far}
}

// connectedSockets makes both ends with operations of the port, as Sockets.
func (r *runner) connectedSockets() (transport, transport) {
	var s [3]*iocp.Socket
	for i := range s {
		var err error
		s[i], err = iocp.NewSocket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		r.must(err, "making a socket")
	}
	l, near, far := s[0], s[1], s[2]
	defer l.Close()
	r.must(l.Bind(anyPort), "Bind")
	r.must(l.Listen(8), "Listen")
	r.associate(l, "listener")
	r.associate(near, "near")
	a, c := r.newOp("accept", "listener", false), r.newOp("connect", "near", false)
	r.start(a, l.Accept(a, far, nil))
	r.start(c, near.Connect(c, l.LocalAddr(), nil))
	r.await(a, c)
	r.must(a.err, "Accept")
	r.must(c.err, "Connect")
	return socket{near}, socket{far}
}

func addrPort(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
