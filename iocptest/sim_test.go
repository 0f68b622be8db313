// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"context"
	"io"
	"net"
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
		t.Errorf("Accept: %v", err)
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
