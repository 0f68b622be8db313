// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"iocp"
	"iocp/internal/worker"
	"iocp/netconn"
)

// listenNetwork opens a listener over a port of its own.
func listenNetwork(t *testing.T) (*netconn.Network, net.Listener) {
	t.Helper()
	network, err := netconn.New(netconn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := network.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return network, l
}

func startEcho(t *testing.T, args ...string) *server {
	t.Helper()
	leakCheck(t)
	s := startServer(t, append([]string{"echo", "-addr", "127.0.0.1:0"}, args...)...)
	t.Cleanup(func() { s.cancel() })
	return s
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

// roundTrip sends b and fails the test unless the same comes back.
func roundTrip(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(b))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("sent %d bytes, the same came back: %v, error %v", len(b), bytes.Equal(got, b), err)
	}
}

func TestEchoSendsEverythingBack(t *testing.T) {
	for size, step := range map[string]int{"1": 20, "4096": 1000, "64K": 1000} { // a byte at a time takes longer
		s := startEcho(t, "-size", size)
		var clients sync.WaitGroup
		for i := range 20 {
			conn := dial(t, s.address(t))
			content := randomBytes(100 + step*i)
			clients.Go(func() {
				go func() {
					conn.Write(content)
					conn.CloseWrite()
				}()
				if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, content) {
					t.Errorf("-size %s: %d of %d bytes came back, error %v", size, len(got), len(content), err)
				}
			})
		}
		clients.Wait()
		if status := s.stop(t); status != 0 {
			t.Errorf("-size %s: status %d, log:\n%s", size, status, s.log)
		}
	}
}

// pingPong sends one byte after the other and waits for each to come back.
func pingPong(t *testing.T, conn net.Conn, n int) time.Duration {
	t.Helper()
	begin := time.Now()
	for range n {
		roundTrip(t, conn, []byte{'x'})
	}
	return time.Since(begin)
}

// plainEcho is an echo server of package net, which a connection has a goroutine of its own in.
func plainEcho(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			go func() {
				defer conn.Close()
				buf := make([]byte, 4096)
				for n, err := conn.Read(buf); err == nil; n, err = conn.Read(buf) {
					conn.Write(buf[:n])
				}
			}()
		}
	}()
	return l.Addr().String()
}

// How long a message takes depends on the machine and the system; no machine may make the port much slower than
// package net is there. Clients of this process can send only when the port's workers let them run, and what the port has
// learned from one elsewhere, which sends while they wait, must not get in their way.
func TestEchoKeepsUpWithPackageNet(t *testing.T) {
	if underRace {
		t.Skip("the race detector watches the port's work, and of package net's little: no time means anything under it")
	}
	s := startEcho(t)
	ours, plain := dial(t, s.address(t)), dial(t, plainEcho(t))
	t.Run("at first", func(t *testing.T) { keepsUp(t, ours, plain) })
	elsewhere := asProcess()
	elsewhere.Env = append(os.Environ(), asClient+"="+s.address(t))
	if out, err := elsewhere.CombinedOutput(); err != nil {
		t.Fatalf("the client in a process of its own: %v: %s", err, out)
	}
	t.Run("after a client elsewhere", func(t *testing.T) { keepsUp(t, ours, plain) })
	network, err := netconn.New(netconn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	conn, err := network.DialContext(t.Context(), "tcp", s.address(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Run("a client with a port", func(t *testing.T) { keepsUp(t, conn, plain) })
}

// keepsUp compares two connections with servers of this process.
func keepsUp(t *testing.T, ours, plain net.Conn) {
	var a, b time.Duration
	for range 20 { // the rest of the machine may be at work for a while
		a, b = pingPong(t, ours, 200), pingPong(t, plain, 200)
		if a < 5*b {
			t.Logf("200 messages: %v, package net %v", a, b)
			return
		}
	}
	t.Errorf("200 messages took %v, and package net %v", a, b)
}

// ping is a client that sends one byte after the other.
func ping(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	b := []byte{'x'}
	for range 5000 {
		if _, err := conn.Write(b); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, b); err != nil {
			return err
		}
	}
	return nil
}

func TestEchoSurvivesClientsThatReset(t *testing.T) {
	s := startEcho(t)
	for range 30 {
		conn := dial(t, s.address(t))
		conn.SetLinger(0)
		conn.Write(randomBytes(1000))
		conn.Close()
	}
	roundTrip(t, dial(t, s.address(t)), randomBytes(5000))
	if status := s.stop(t); status != 0 {
		t.Errorf("status %d, log:\n%s", status, s.log)
	}
}

func TestEchoDoesNotAllocatePerMessage(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates for every operation")
	}
	s := startEcho(t)
	if !worker.Known() {
		t.Skip("the state of a goroutine cannot be read here, and then finding out which one calls allocates")
	}
	conn := dial(t, s.address(t))
	message, answer := randomBytes(64), make([]byte, 64)
	allocs := testing.AllocsPerRun(500, func() {
		if _, err := conn.Write(message); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per message", allocs)
	}
}

// Idle connections end at once, and what has arrived is sent back before the end.
func TestEchoDrainsWhenStopped(t *testing.T) {
	s := startEcho(t)
	var idle []net.Conn
	for range 10 {
		conn := dial(t, s.address(t))
		roundTrip(t, conn, []byte("hello"))
		idle = append(idle, conn)
	}
	busy := dial(t, s.address(t))
	content := randomBytes(8 << 20)
	sent := make(chan int, 1)
	go func() {
		n, _ := busy.Write(content)
		sent <- n
	}()
	first := make([]byte, 1000)
	if _, err := io.ReadFull(busy, first); err != nil {
		t.Fatal(err)
	}
	s.cancel()
	for i, conn := range idle {
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("idle connection %d: %d bytes, %v; want the end of the stream", i, n, err)
		}
	}
	rest, _ := io.ReadAll(busy)
	if got := append(first, rest...); len(got) > len(content) || !bytes.Equal(got, content[:len(got)]) {
		t.Errorf("the busy connection got %d bytes that are not what it sent", len(got))
	}
	busy.Close()
	<-sent
	if status := waitFor(t, "the server to end", s.status); status != 0 {
		t.Errorf("status %d, log:\n%s", status, s.log)
	}
}

// stuckSession gives e a session that sends more than the kernel takes for a peer who does
// not read.
func stuckSession(t *testing.T, e *echoServer) {
	t.Helper()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deaf.Close() })
	s := &session{conn: iocp.NewTCPConn(), buf: make([]byte, 64<<20)}
	if err := e.port.Associate(s.conn, nil); err != nil {
		t.Fatal(err)
	}
	if !e.add(s) {
		t.Fatal("the server stops already")
	}
	if err := s.conn.Connect(s, netip.MustParseAddrPort(deaf.Addr().String()), s.buf); err != nil {
		t.Fatal(err)
	}
}

// A client that does not read blocks its own connection, and the end only for so long.
func TestEchoCutsOffAfterTheDrain(t *testing.T) {
	requireEngine(t)
	leakCheck(t)
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := newEchoServer(port, 4096, slog.New(slog.DiscardHandler))
	if err := e.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	e.work(2)
	stuckSession(t, e)
	other := dial(t, e.listener.Addr().String())
	roundTrip(t, other, []byte("the others are not held up"))
	other.Close()
	eventually(t, "the other session to end", func() bool { return e.each(func(*iocp.TCPConn) {}) == 1 })
	if err := e.stop(20 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "1 connection cut off") {
		t.Errorf("stop: %v", err)
	}
}

func TestSignalEndsEchoWithSuccess(t *testing.T) {
	requireEngine(t)
	for _, sig := range endings {
		p := startProcess(t, asProcess("echo", "-addr", "127.0.0.1:0"))
		conn := dial(t, addressIn(t, p.ready))
		roundTrip(t, conn, []byte("hello"))
		send(t, p.Process, sig)
		if status := p.end(t); status != 0 {
			t.Errorf("%v: exit status %d, log:\n%s", sig, status, p.log)
		}
	}
}

func TestEchoServerDropsAConnectionThatComesTooLate(t *testing.T) {
	requireEngine(t)
	e := echoServer{stopping: true, sessions: map[*session]struct{}{}}
	if e.add(&session{}) || len(e.sessions) != 0 {
		t.Error("a session was added after stop")
	}
	if e.each(func(*iocp.TCPConn) {}) != 0 {
		t.Error("there is a session")
	}
}
