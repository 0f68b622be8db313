// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"iocp"
)

// op is the operation of most rules.
type op struct {
	iocp.Overlapped
}

// port makes a port with a concurrency value.
func (s *scene) port(concurrency int) *iocp.Port {
	s.t.Helper()
	p, err := s.newPort(iocp.Config{Concurrency: concurrency})
	s.must(err, "creating a port")
	s.keep(p)
	if s.watched {
		s.watch(p)
	}
	return p
}

// keep has p closed when the scene is over.
func (s *scene) keep(p *iocp.Port) {
	s.mu.Lock()
	s.ports = append(s.ports, p)
	s.mu.Unlock()
}

// watch puts an operation in flight on p that does not end before the scene does.
func (s *scene) watch(p *iocp.Port) {
	c, _ := s.conn(p, "never seen")
	s.must(c.Recv(&op{}, make([]byte, 1)), "starting the operation to be watched")
}

// associate associates e with p, or skips if the engine has no such endpoints.
func (s *scene) associate(p *iocp.Port, e iocp.Endpoint, key any) {
	s.t.Helper()
	err := p.Associate(e, key)
	if errors.Is(err, errors.ErrUnsupported) {
		s.skip("the engine %q has no such endpoint: %v", p.Engine(), err)
	}
	s.must(err, "associating")
}

// far is the rule's end of a connection, of package net or like it.
type far interface {
	net.Conn
	CloseWrite() error
	SetLinger(sec int) error
}

// loopback is a TCP listener of package net, or like it.
func (s *scene) loopback() net.Listener {
	s.t.Helper()
	l, err := s.world.listen()
	s.must(err, "listening on the loopback interface")
	s.later(func() { l.Close() })
	return l
}

// pair is an established connection: one end for a port, the other for the rule.
func (s *scene) pair() (*iocp.TCPConn, far) {
	s.t.Helper()
	l := s.loopback()
	defer l.Close()
	near, err := s.world.dial(l.Addr().String())
	s.must(err, "connecting to the loopback interface")
	other, err := l.Accept()
	if err != nil {
		near.Close()
	}
	s.must(err, "accepting on the loopback interface")
	s.peer(other)
	c, err := s.world.adopt(near)
	if err != nil {
		near.Close()
	}
	if errors.Is(err, errors.ErrUnsupported) { // Wine cannot take a socket away from package net
		return s.acceptedPair()
	}
	s.must(err, "adopting a connection")
	s.later(func() { c.Close() })
	return c, other.(far)
}

// acceptedPair is pair where no connection can be adopted: it is accepted on a port of its own, to
// which it does not belong by that (I32).
func (s *scene) acceptedPair() (*iocp.TCPConn, far) {
	s.t.Helper()
	p, err := s.newPort(iocp.Config{})
	s.must(err, "creating a port")
	defer p.Close()
	l, addr := s.listener()
	defer l.Close()
	s.associate(p, l, nil)
	c := s.unconnected()
	s.must(l.Accept(&op{}, c), "Accept")
	other := s.dial(addr)
	k, err := p.Get(stepLimit)
	s.must(errors.Join(err, k.Err), "accepting on the loopback interface")
	return c, other
}

// peer takes care of the rule's end of a connection: it is closed at last, and nothing
// done with it takes longer than a step.
func (s *scene) peer(c net.Conn) {
	c.SetDeadline(time.Now().Add(stepLimit))
	s.later(func() { c.Close() })
}

// conn is pair with one end associated.
func (s *scene) conn(p *iocp.Port, key any) (*iocp.TCPConn, far) {
	s.t.Helper()
	c, far := s.pair()
	s.associate(p, c, key)
	return c, far
}

// listener is a listener for a port, and its address.
func (s *scene) listener() (*iocp.TCPListener, string) {
	s.t.Helper()
	l, err := s.world.listenTCP()
	s.must(err, "listening")
	s.later(func() { l.Close() })
	return l, l.Addr().String()
}

// dial connects the rule to a listener.
func (s *scene) dial(addr string) far {
	s.t.Helper()
	c, err := s.world.dial(addr)
	s.must(err, "connecting to "+addr)
	s.peer(c)
	return c.(far)
}

// unconnected is a connection to come, closed at last.
func (s *scene) unconnected() *iocp.TCPConn {
	c := s.world.newTCPConn()
	s.later(func() { c.Close() })
	return c
}

// write sends what the port's end is to receive.
func (s *scene) write(far net.Conn, data string) {
	s.t.Helper()
	_, err := far.Write([]byte(data))
	s.must(err, "writing at the other end")
}

// read receives what the port's end has sent.
func (s *scene) read(far net.Conn, want string) {
	s.t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(far, got)
	s.must(err, "reading at the other end")
	s.check(string(got) == want, "the other end received %q, want %q", got, want)
}

// reset ends the connection with a reset: no lingering, so close(2) drops what is unread.
func (s *scene) reset(far far) {
	s.must(far.SetLinger(0), "asking for a reset")
	far.Close()
}

// path is a file with this content.
func (s *scene) path(content string) string {
	name := filepath.Join(s.t.TempDir(), "file")
	s.must(s.world.writeFile(name, []byte(content)), "writing a file")
	return name
}

// open opens a file for a port.
func (s *scene) open(name string, flag int) *iocp.File {
	s.t.Helper()
	f, err := s.world.openFile(name, flag)
	s.must(err, "opening "+name)
	s.later(func() { f.Close() })
	return f
}

// file is a new file with this content, open for reading and writing, and associated.
func (s *scene) file(p *iocp.Port, key any, content string) *iocp.File {
	s.t.Helper()
	f := s.open(s.path(content), os.O_RDWR)
	s.associate(p, f, key)
	return f
}

// content checks what is in a file.
func (s *scene) content(f *iocp.File, want string) {
	s.t.Helper()
	got, err := s.world.readFile(f.Name())
	s.must(err, "reading the file")
	s.check(string(got) == want, "the file holds %q, want %q", got, want)
}

// addrPort is the address of a listener of package net.
func addrPort(a net.Addr) netip.AddrPort {
	return a.(*net.TCPAddr).AddrPort()
}
