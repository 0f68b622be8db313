// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

func TestConnPassesNettest(t *testing.T) {
	ends := map[string]func(*Network) func(string, string) (net.Conn, error){
		"BothEnds":     func(n *Network) func(string, string) (net.Conn, error) { return n.Dial },
		"NetConnDials": func(*Network) func(string, string) (net.Conn, error) { return net.Dial },
	}
	for name, dial := range ends {
		t.Run(name, func(t *testing.T) {
			skipWithoutEngine(t)
			checkLeaks(t)
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				n, err := New(Config{Engine: testEngine})
				if err != nil {
					return nil, nil, nil, err
				}
				l, err := n.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					n.Close()
					return nil, nil, nil, err
				}
				c1, c2, err = connectTo(l, dial(n))
				stop = func() {
					c1.Close()
					c2.Close()
					n.Close()
				}
				return c1, c2, stop, err
			})
		})
	}
}

func TestReadReturnsEOFAfterPeerCloses(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	mustWrite(t, a, "last words")
	a.Close()
	mustRead(t, b, "last words")
	for range 2 {
		if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read after the peer's close = %d, %v, want 0, io.EOF", n, err)
		}
	}
}

func TestReadReportsReset(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	got := make(chan error)
	go func() {
		_, err := b.Read(make([]byte, 1))
		got <- err
	}()
	blockedRead(t, b)
	if err := a.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	a.Close()
	err := <-got
	wantOpError(t, err, "read", b, syscall.ECONNRESET)
	if oe := err.(*net.OpError); runtime.GOOS != "windows" && oe.Err.Error() != "read: connection reset by peer" {
		t.Errorf("got %q, want the text of package net", oe.Err)
	}
}

func TestCloseWriteEndsOneDirection(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	mustWrite(t, a, "question")
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if q, err := io.ReadAll(b); string(q) != "question" || err != nil {
		t.Fatalf("ReadAll = %q, %v", q, err)
	}
	mustWrite(t, b, "answer")
	mustRead(t, a, "answer")
	_, err := a.Write([]byte("too late"))
	wantOpError(t, err, "write", a, syscall.EPIPE)
	if err := a.CloseWrite(); err != nil {
		t.Errorf("second CloseWrite: %v", err)
	}
}

func TestCloseWriteLetsBlockedWriteFinish(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	full := fillPipe(t, a)
	wrote := make(chan error)
	go func() {
		_, err := a.Write(make([]byte, 1<<20))
		wrote <- err
	}()
	blockedWrite(t, a)
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, b)
	if n != full+1<<20 || err != nil {
		t.Errorf("peer read %d, %v, want %d", n, err, full+1<<20)
	}
	if err := <-wrote; err != nil {
		t.Errorf("Write: %v", err)
	}
}

func TestCloseReadUnblocksReadWithEOF(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	got := make(chan error)
	go func() {
		_, err := a.Read(make([]byte, 1))
		got <- err
	}()
	blockedRead(t, a)
	if err := a.CloseRead(); err != nil {
		t.Fatal(err)
	}
	within(t, "Read", func() {
		if err := <-got; err != io.EOF {
			t.Errorf("blocked Read: %v, want io.EOF", err)
		}
	})
	if _, err := a.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("later Read: %v, want io.EOF", err)
	}
	mustWrite(t, a, "still writing")
	mustRead(t, b, "still writing")
}

func TestCloseUnblocksReadAndWrite(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	fillPipe(t, a)
	readErr, writeErr := make(chan error, 2), make(chan error, 2)
	for range 2 {
		go func() {
			_, err := a.Read(make([]byte, 10))
			readErr <- err
		}()
		go func() {
			_, err := a.Write(make([]byte, 10<<20))
			writeErr <- err
		}()
	}
	blockedRead(t, a)
	blockedWrite(t, a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, "Read and Write", func() {
		for range 2 {
			wantOpError(t, <-readErr, "read", a, net.ErrClosed)
			wantOpError(t, <-writeErr, "write", a, net.ErrClosed)
		}
	})
}

func TestEveryCallAfterCloseFailsWithErrClosed(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	a.SetReadDeadline(time.Now().Add(time.Hour))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := a.Read(make([]byte, 1))
	wantOpError(t, err, "read", a, net.ErrClosed)
	_, err = a.Read(nil)
	wantOpError(t, err, "read", a, net.ErrClosed)
	_, err = a.Write(make([]byte, 1))
	wantOpError(t, err, "write", a, net.ErrClosed)
	_, err = a.Write(nil)
	wantOpError(t, err, "write", a, net.ErrClosed)
	wantOpError(t, a.Close(), "close", a, net.ErrClosed)
	wantOpError(t, a.CloseRead(), "close", a, net.ErrClosed)
	wantOpError(t, a.CloseWrite(), "close", a, net.ErrClosed)
	wantOpError(t, a.SetDeadline(time.Now()), "set", a, net.ErrClosed)
	wantOpError(t, a.SetReadDeadline(time.Now()), "set", a, net.ErrClosed)
	wantOpError(t, a.SetWriteDeadline(time.Now()), "set", a, net.ErrClosed)
	wantOpError(t, a.SetNoDelay(true), "set", a, net.ErrClosed)
	wantOpError(t, a.SetLinger(1), "set", a, net.ErrClosed)
	_, err = a.SyscallConn()
	wantOpError(t, err, "raw-control", a, net.ErrClosed)
	f, ferr := os.Open("/proc/self/exe")
	if ferr == nil {
		defer f.Close()
		_, err = a.ReadFrom(f)
		wantOpError(t, err, "readfrom", a, net.ErrClosed)
	}
}

func TestEmptyReadAndWriteReturnAtOnce(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	within(t, "an empty Read or Write", func() {
		if n, err := a.Read(nil); n != 0 || err != nil {
			t.Errorf("Read(nil) = %d, %v", n, err)
		}
		if n, err := a.Write(nil); n != 0 || err != nil {
			t.Errorf("Write(nil) = %d, %v", n, err)
		}
	})
}

// Every Write is many times larger than the socket's buffers, so it is sent in pieces.
func TestConcurrentWritesDoNotInterleave(t *testing.T) {
	const writers, each = 8, 1 << 20
	a, b := pair(t, newNetwork(t))
	a.SetWriteBuffer(1 << 17)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			if n, err := a.Write(bytes.Repeat([]byte{byte('A' + w)}, each)); n != each || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
		})
	}
	go func() { wg.Wait(); a.CloseWrite() }()
	block := make([]byte, each)
	for range writers {
		if _, err := io.ReadFull(b, block); err != nil {
			t.Fatal(err)
		}
		if c := bytes.Count(block, block[:1]); c != each {
			t.Fatalf("%d of %d bytes are of another Write", each-c, each)
		}
	}
	wg.Wait()
}

func TestConcurrentReadsShareTheStream(t *testing.T) {
	const readers, total = 8, 1 << 20
	a, b := pair(t, newNetwork(t))
	var mu sync.Mutex
	var got int
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			buf := make([]byte, 1000)
			for {
				n, err := b.Read(buf)
				mu.Lock()
				got += n
				mu.Unlock()
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Errorf("Read: %v", err)
					return
				}
			}
		})
	}
	if _, err := a.Write(make([]byte, total)); err != nil {
		t.Fatal(err)
	}
	a.CloseWrite()
	wg.Wait()
	if got != total {
		t.Errorf("the readers got %d bytes, want %d", got, total)
	}
}

func TestBigTransfersInBothDirections(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	testTransfer(t, a, b, 24<<20)
}

func TestBigTransfersWithPackageNetAtTheOtherEnd(t *testing.T) {
	a, b := pairWithNet(t, newNetwork(t))
	testTransfer(t, a, b, 24<<20)
}

func testTransfer(t *testing.T, a, b net.Conn, size int) {
	data := pattern(size)
	want := sha256.Sum256(data)
	var wg sync.WaitGroup
	for _, dir := range []struct{ from, to net.Conn }{{a, b}, {b, a}} {
		wg.Go(func() {
			for rest := data; len(rest) > 0; {
				n, err := dir.from.Write(rest[:min(len(rest), 777_777)])
				if err != nil {
					t.Errorf("Write: %v", err)
					break
				}
				rest = rest[n:]
			}
			dir.from.(interface{ CloseWrite() error }).CloseWrite()
		})
		wg.Go(func() {
			sum := sha256.New()
			n, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{dir.to}, make([]byte, 123_457))
			if n != int64(size) || err != nil {
				t.Errorf("received %d, %v, want %d", n, err, size)
			}
			if got := [32]byte(sum.Sum(nil)); got != want {
				t.Errorf("checksum %x, want %x", got, want)
			}
		})
	}
	wg.Wait()
}

// The count that an interrupted Write returns must be exact, or the peer reads a byte twice
// or never.
func TestSlowReaderGetsExactlyWhatWritesReported(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	data := pattern(16 << 20)
	go func() {
		defer a.CloseWrite()
		for rest := data; len(rest) > 0; {
			a.SetWriteDeadline(time.Now().Add(time.Millisecond))
			n, err := a.Write(rest)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Write: %v", err)
				return
			}
			rest = rest[n:]
		}
	}()
	got := make([]byte, 0, len(data))
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	buf := make([]byte, 300_000)
	for {
		n, err := b.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		<-pause.C // the reader is slow
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("the stream differs: got %d bytes, want %d", len(got), len(data))
	}
}

func TestConnectionsCostNoGoroutine(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	var conns []net.Conn
	a, b, err := connectTo(l, n.Dial)
	if err != nil {
		t.Fatal(err)
	}
	conns = append(conns, a, b)
	before := runtime.NumGoroutine()
	for range 50 {
		a, b, err := connectTo(l, n.Dial)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, a, b)
	}
	waitFor(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	for _, c := range conns {
		c.Close()
	}
}

func TestAddressesAreThoseOfTheSockets(t *testing.T) {
	a, b := pairWithNet(t, newNetwork(t))
	if b.LocalAddr().String() != a.RemoteAddr().String() || b.RemoteAddr().String() != a.LocalAddr().String() {
		t.Errorf("%v->%v, want the reverse of %v->%v", b.LocalAddr(), b.RemoteAddr(), a.LocalAddr(), a.RemoteAddr())
	}
	if _, ok := b.RemoteAddr().(*net.TCPAddr); !ok {
		t.Errorf("RemoteAddr is a %T, want *net.TCPAddr", b.RemoteAddr())
	}
}

// A handler may run long after the peer has gone; it still asks for the address.
func TestAddressesSurviveReset(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a.(*net.TCPConn).SetLinger(0)
	a.Close()
	next, err := net.Dial("tcp", l.Addr().String()) // where the first one is passed over (I30)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	within(t, "Accept", func() {
		c, err := l.Accept()
		if err != nil {
			t.Logf("the system dropped the connection: %v", err)
			l.Close()
			return
		}
		defer c.Close()
		if c.LocalAddr() == nil || c.RemoteAddr() == nil {
			t.Errorf("addresses %v, %v, want none of them nil", c.LocalAddr(), c.RemoteAddr())
		}
	})
}

func TestBufferIsTheCallersAfterInterruptedRead(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	for range 100 {
		old := []byte("old bytes")
		b.SetReadDeadline(time.Now().Add(200 * time.Microsecond))
		if n, err := b.Read(old); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Read = %d, %v", n, err)
		}
		copy(old, "untouched")
		b.SetReadDeadline(time.Time{})
		mustWrite(t, a, "new bytes")
		mustRead(t, b, "new bytes")
		if string(old) != "untouched" {
			t.Fatalf("a receive that had been given up wrote %q", old)
		}
	}
}
