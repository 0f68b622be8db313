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

// loopback is a TCP listener of package net.
func (s *scene) loopback() *net.TCPListener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err, "listening on the loopback interface")
	s.later(func() { l.Close() })
	return l.(*net.TCPListener)
}

// pair is an established connection: one end for a port, the other for the rule.
func (s *scene) pair() (*iocp.TCPConn, *net.TCPConn) {
	s.t.Helper()
	l := s.loopback()
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	s.must(err, "connecting to the loopback interface")
	far, err := l.Accept()
	if err != nil {
		near.Close()
	}
	s.must(err, "accepting on the loopback interface")
	s.peer(far)
	c, err := iocp.AdoptTCPConn(near)
	if err != nil {
		near.Close()
	}
	if errors.Is(err, errors.ErrUnsupported) { // Wine cannot take a socket away from package net
		return s.acceptedPair()
	}
	s.must(err, "adopting a connection")
	s.later(func() { c.Close() })
	return c, far.(*net.TCPConn)
}

// acceptedPair is pair by an accept on a port of its own, which the connection does not belong to (I32).
func (s *scene) acceptedPair() (*iocp.TCPConn, *net.TCPConn) {
	s.t.Helper()
	p, err := s.newPort(iocp.Config{})
	s.must(err, "creating a port")
	defer p.Close()
	l, addr := s.listener()
	defer l.Close()
	s.associate(p, l, nil)
	c := s.unconnected()
	s.must(l.Accept(&op{}, c), "Accept")
	far := s.dial(addr)
	_, err = p.Get(stepLimit)
	s.must(err, "accepting on the loopback interface")
	return c, far
}

// peer takes care of the rule's end of a connection: it is closed at last, and nothing
// done with it takes longer than a step.
func (s *scene) peer(c net.Conn) {
	c.SetDeadline(time.Now().Add(stepLimit))
	s.later(func() { c.Close() })
}

// conn is pair with one end associated.
func (s *scene) conn(p *iocp.Port, key any) (*iocp.TCPConn, *net.TCPConn) {
	s.t.Helper()
	c, far := s.pair()
	s.associate(p, c, key)
	return c, far
}

// listener is a listener for a port, and its address.
func (s *scene) listener() (*iocp.TCPListener, string) {
	s.t.Helper()
	l, err := iocp.ListenTCP("tcp", "127.0.0.1:0")
	s.must(err, "listening")
	s.later(func() { l.Close() })
	return l, l.Addr().String()
}

// dial connects the rule to a listener.
func (s *scene) dial(addr string) *net.TCPConn {
	s.t.Helper()
	c, err := net.DialTimeout("tcp", addr, stepLimit)
	s.must(err, "connecting to "+addr)
	s.peer(c)
	return c.(*net.TCPConn)
}

// unconnected is a connection to come, closed at last.
func (s *scene) unconnected() *iocp.TCPConn {
	c := iocp.NewTCPConn()
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
func (s *scene) reset(far *net.TCPConn) {
	s.must(far.SetLinger(0), "asking for a reset")
	far.Close()
}

// path is a file with this content.
func (s *scene) path(content string) string {
	name := filepath.Join(s.t.TempDir(), "file")
	s.must(os.WriteFile(name, []byte(content), 0o600), "writing a file")
	return name
}

// open opens a file for a port.
func (s *scene) open(name string, flag int) *iocp.File {
	s.t.Helper()
	f, err := iocp.OpenFile(name, flag, 0o600)
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
	got, err := os.ReadFile(f.Name())
	s.must(err, "reading the file")
	s.check(string(got) == want, "the file holds %q, want %q", got, want)
}

// addrPort is the address of a listener of package net.
func addrPort(a net.Addr) netip.AddrPort {
	return a.(*net.TCPAddr).AddrPort()
}
