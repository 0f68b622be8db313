// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"iocp"
	"iocp/iocptest"
)

// echoServer is a small server for one port. It gives up a connection on any error, and never itself.
type echoServer struct {
	sim  *iocptest.Sim
	port *iocp.Port
	l    *iocp.TCPListener
	open atomic.Int32
	stop atomic.Bool
	errs int
}

type echoOp struct {
	iocp.Overlapped
	conn *iocp.TCPConn
	buf  []byte
	what int
}

const (
	accepting = iota
	receiving
	sending
)

func serveEcho(t testing.TB, sim *iocptest.Sim, address string) *echoServer {
	t.Helper()
	port, err := sim.Port(iocp.Config{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &echoServer{sim: sim, port: port}
	s.l = insist(t, func() (*iocp.TCPListener, error) { return sim.ListenTCP("tcp", address) })
	if err := port.Associate(s.l, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *echoServer) accept(t testing.TB, op *echoOp) {
	op.what, op.conn = accepting, s.sim.NewTCPConn()
	if err := s.l.Accept(op, op.conn); err != nil {
		op.conn.Close()
		if !s.stop.Load() {
			t.Errorf("Accept: %v", err)
		}
	}
}

// take handles one packet.
func (s *echoServer) take(t testing.TB, c iocp.Completion) {
	op := c.Op.(*echoOp)
	switch {
	case op.what == accepting:
		if s.stop.Load() {
			op.conn.Close()
			return
		}
		if c.Err != nil { // too many descriptors, no memory: there will be another one
			s.errs++
			op.conn.Close()
		} else if err := s.port.Associate(op.conn, nil); err != nil {
			t.Errorf("Associate: %v", err)
		} else {
			s.open.Add(1)
			s.receive(&echoOp{conn: op.conn, buf: make([]byte, 512)})
		}
		s.accept(t, op)
	case c.Err != nil || c.Bytes == 0:
		if c.Err != io.EOF {
			s.errs++
		}
		s.close(op)
	case op.what == receiving:
		op.what = sending
		if op.conn.Send(op, op.buf[:c.Bytes]) != nil {
			s.close(op)
		}
	default:
		s.receive(op)
	}
}

func (s *echoServer) receive(op *echoOp) {
	op.what = receiving
	if op.conn.Recv(op, op.buf) != nil {
		s.close(op)
	}
}

func (s *echoServer) close(op *echoOp) {
	s.open.Add(-1)
	op.conn.Close()
}

// run serves until the port is closed.
func (s *echoServer) run(t testing.TB) {
	for range 4 {
		s.accept(t, new(echoOp))
	}
	for c := range s.port.All() {
		s.take(t, c)
	}
}

// talk sends a text and has it echoed, and reports whether the connection survived that.
func talk(t testing.TB, c net.Conn, text string) bool {
	t.Helper()
	go c.Write([]byte(text))
	got := make([]byte, len(text))
	n, err := io.ReadFull(c, got)
	if err == nil && string(got) != text || string(got[:n]) != text[:n] {
		t.Errorf("echo of %q is %q", text, got[:n])
	}
	return err == nil
}

func TestSimServesPeers(t *testing.T) {
	for _, f := range []iocptest.Faults{{}, iocptest.Hostile(0.05)} {
		sim := iocptest.NewSim(1, f)
		s := serveEcho(t, sim, "10.0.0.1:7")
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.run(t)
		}()
		whole := 0
		for range 20 {
			c, err := sim.Dial(context.Background(), "10.0.0.1:7")
			if err != nil {
				t.Fatal(err)
			}
			if a := c.RemoteAddr().String(); a != "10.0.0.1:7" {
				t.Errorf("the peer's address is %v", a)
			}
			for range 5 {
				if !talk(t, c, "hello, machine") {
					break
				}
				whole++
			}
			c.Close()
		}
		if whole == 0 || f == (iocptest.Faults{}) && whole != 100 {
			t.Errorf("%d of 100 texts came back with the faults %+v", whole, f)
		}
		s.stop.Store(true)
		s.l.Close()
		s.port.Close()
		<-done
		t.Logf("%v: %d texts of 100, %d errors, %v of the machine's time", sim, whole, s.errs, sim.Now())
	}
}

func TestSimInABubble(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			sim := iocptest.NewSim(seed, iocptest.Faults{Latency: time.Millisecond})
			s := serveEcho(t, sim, "10.0.0.1:7")
			go s.run(t)
			begin := time.Now()
			c, err := sim.Dial(context.Background(), "10.0.0.1:7")
			if err != nil {
				t.Fatal(err)
			}
			if !talk(t, c, "hello, bubble") {
				t.Error("no echo")
			}
			if took := time.Since(begin); took < 3*time.Millisecond || took > 20*time.Millisecond {
				t.Errorf("connecting and an echo took %v of the bubble's time with a latency of 1 ms", took)
			}
			if off := time.Since(begin) - sim.Now(); off.Abs() > time.Millisecond {
				t.Errorf("the machine's time is off by %v", off)
			}
			c.Close()
			time.Sleep(time.Second)
			if n := s.open.Load(); n != 0 {
				t.Errorf("%d connections are open", n)
			}
			s.stop.Store(true)
			s.l.Close()
			time.Sleep(time.Second)
			s.port.Close()
			sim.Finish(t)
		})
	}
}

// TestSimTimeoutsInABubble: the time of an operation's timeout and that of the machine are one.
func TestSimTimeoutsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := iocptest.NewSim(1, iocptest.Faults{Latency: 10 * time.Millisecond})
		port, err := sim.Port(iocp.Config{Concurrency: 1})
		if err != nil {
			t.Fatal(err)
		}
		sim.WriteFile("f", []byte("content"))
		f, err := sim.OpenFile("f", os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := port.Associate(f, nil); err != nil {
			t.Fatal(err)
		}
		op := &echoOp{buf: make([]byte, 7)}
		read := func() (iocp.Completion, time.Duration) {
			begin := time.Now()
			if err := f.Read(op, op.buf, 0); err != nil {
				t.Fatal(err)
			}
			c, err := port.Get(time.Second)
			if err != nil {
				t.Fatal(err)
			}
			return c, time.Since(begin)
		}
		if c, took := read(); c.Bytes != 7 || took < 5*time.Millisecond || took > 15*time.Millisecond {
			t.Errorf("a read gave %d bytes, %v after %v", c.Bytes, c.Err, took)
		}
		if _, err := port.Get(time.Hour); !errors.Is(err, iocp.ErrTimeout) {
			t.Errorf("Get: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := port.GetContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Get: %v", err)
		}
		f.Close()
		port.Close()
		sim.Finish(t)
	})
}

// TestSimReceiveTimesOutInABubble: nothing comes, and the timeout is exact.
func TestSimReceiveTimesOutInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := iocptest.NewSim(1, iocptest.Faults{})
		s := serveEcho(t, sim, "10.0.0.1:7")
		s.accept(t, new(echoOp))
		c, err := sim.Dial(t.Context(), "10.0.0.1:7")
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := s.port.Get(time.Second)
		if err != nil || accepted.Err != nil {
			t.Fatal(err, accepted.Err)
		}
		near := accepted.Op.(*echoOp).conn
		if err := s.port.Associate(near, nil); err != nil {
			t.Fatal(err)
		}
		op := &echoOp{buf: make([]byte, 7)}
		op.SetTimeout(3 * time.Hour)
		begin := time.Now()
		if err := near.Recv(op, op.buf); err != nil {
			t.Fatal(err)
		}
		k, err := s.port.Get(iocp.Infinite)
		if took := time.Since(begin); err != nil || !errors.Is(k.Err, os.ErrDeadlineExceeded) || took < 3*time.Hour || took > 3*time.Hour+time.Second {
			t.Errorf("after %v: %v, %v; want the deadline after 3 h", took, k.Err, err)
		}
		c.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := c.Read(op.buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the peer's deadline: %v", err)
		}
		c.SetReadDeadline(time.Time{})
		go func() {
			time.Sleep(time.Hour)
			near.Close()
		}()
		if _, err := c.Read(op.buf); err != io.EOF {
			t.Errorf("the peer reads %v, want EOF", err)
		}
		go func() {
			time.Sleep(time.Hour)
			c.Close()
		}()
		if _, err := c.Read(op.buf); err != io.EOF {
			t.Errorf("the peer reads %v once more, want EOF", err)
		}
		time.Sleep(2 * time.Hour)
		s.l.Close()
		s.port.Close()
		sim.Finish(t)
	})
}

// TestSimGoesOnWithoutAWorker: an operation of many steps, many of which are interrupted, comes to its
// end although the only goroutine waits for the peer and not for the port.
func TestSimGoesOnWithoutAWorker(t *testing.T) {
	for seed := range uint64(10) {
		sim := iocptest.NewSim(seed, iocptest.Faults{Interrupt: 0.3, ThreadLoss: 0.3, Short: 0.3, Overflow: 0.3, Deferred: 0.3, FullQueue: 0.3})
		port, err := sim.Port(iocp.Config{Concurrency: 1})
		if err != nil {
			t.Fatal(err)
		}
		l, err := sim.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := sim.NewTCPConn()
		if err := port.Associate(c, nil); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 100_000)
		var connect, send echoOp
		if err := c.Connect(&connect, l.Addr().(*net.TCPAddr).AddrPort(), []byte("hello")); err != nil {
			t.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(far, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(&send, text); err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(far, make([]byte, len(text))); err != nil {
			t.Fatalf("seed %d: %d bytes, %v", seed, n, err)
		}
		for range 2 {
			if k, err := port.Get(iocp.Infinite); err != nil || k.Err != nil {
				t.Error(err, k.Err)
			}
		}
		c.Close()
		far.Close()
		l.Close()
		port.Close()
		sim.Finish(t)
	}
}

// TestSimClosedPortEnds: a closed port drives an operation of many steps to its end, although each
// completion is held back until somebody asks for it.
func TestSimClosedPortEnds(t *testing.T) {
	sim := iocptest.NewSim(1, iocptest.Faults{Overflow: 1})
	port, err := sim.Port(iocp.Config{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := sim.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sim.WriteFile("f", make([]byte, 3_000_000))
	f, err := sim.OpenFile("f", os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := sim.NewTCPConn()
	if err := port.Associate(c, nil); err != nil {
		t.Fatal(err)
	}
	var connect, send echoOp
	if err := c.Connect(&connect, l.Addr().(*net.TCPAddr).AddrPort(), nil); err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if k, err := port.Get(iocp.Infinite); err != nil || k.Err != nil {
		t.Fatal(err, k.Err)
	}
	if err := c.SendFile(&send, f, 0, -1, nil, nil); err != nil {
		t.Fatal(err)
	}
	port.Close()
	if n, err := io.ReadFull(far, make([]byte, 3_000_000)); err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	f.Close()
	c.Close()
	far.Close()
	l.Close()
	sim.Finish(t)
}
