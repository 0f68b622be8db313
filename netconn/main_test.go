// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// testEngine is the engine of all networks here: of the environment's choice, or the best.
var testEngine = os.Getenv("IOCP_TEST_ENGINE")

// go test keeps results by the variables that tests read, but not by those that are read before: without
// this a run with another engine would be answered with the result of the last.
func TestResultsAreOfTheEngineThatWasAskedFor(t *testing.T) {
	if got := os.Getenv("IOCP_TEST_ENGINE"); got != testEngine {
		t.Errorf("IOCP_TEST_ENGINE was %q at the start and is %q now", testEngine, got)
	}
}

// sentFromFiles counts the bytes that went through TCPConn.SendFile.
var sentFromFiles atomic.Int64

func TestMain(m *testing.M) {
	flag.Parse()
	testHookDidSendFile = func(_ *Conn, n int64) { sentFromFiles.Add(n) }
	if why := refusal(); why == "" {
		warmUp()
	} else if flag.Lookup("test.run").Value.String() == "" {
		fmt.Println("the examples are left out, since they cannot skip themselves:", why)
		flag.Set("test.run", "^Test")
	}
	os.Exit(m.Run())
}

// warmUp starts what lives as long as the process (the network poller, what the first port
// starts), so that the leak checks see a steady state.
func warmUp() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	n, err := New(Config{Engine: testEngine})
	if err != nil {
		return
	}
	defer n.Close()
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	if c, err := n.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
	}
}

// newNetwork makes a network that is closed with the test, and checks for leaks after it.
func newNetwork(t testing.TB) *Network {
	t.Helper()
	skipWithoutEngine(t)
	checkLeaks(t)
	n, err := New(Config{Engine: testEngine})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("Network.Close: %v", err)
		}
	})
	return n
}

func skipWithoutEngine(t testing.TB) {
	t.Helper()
	if why := refusal(); why != "" {
		t.Skip(why)
	}
}

// refusal says why no engine works here; it is empty if one does.
func refusal() string {
	var refusals []string
	for _, e := range iocp.Engines() {
		if testEngine != "" && e.Name != testEngine {
			continue
		}
		if e.Err == nil {
			return ""
		}
		refusals = append(refusals, e.Err.Error())
	}
	return "no engine works on this kernel: " + strings.Join(refusals, "; ")
}

// checkLeaks fails the test if it leaves goroutines or descriptors behind.
func checkLeaks(t testing.TB) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	t.Cleanup(func() {
		if !waitFor(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines }) {
			buf := make([]byte, 1<<18)
			t.Logf("there were %d, now %d\n%s", goroutines, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		if !waitFor(t, "the descriptors to be closed", func() bool { return len(openDescriptors()) <= len(descriptors) }) {
			t.Logf("there were\n%v\nnow\n%v", descriptors, openDescriptors())
		}
	})
}

// openDescriptors lists what /proc/self/fd shows; it is empty where there is none.
func openDescriptors() []string {
	entries, _ := os.ReadDir("/proc/self/fd")
	var open []string
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil {
			open = append(open, e.Name()+" "+target)
		}
	}
	return open
}

// waitFor asks again and again until ok says yes. If it never does, the test has failed.
func waitFor(t testing.TB, what string, ok func() bool) bool {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Errorf("gave up waiting for %s", what)
			return false
		}
	}
	return true
}

// within ends the process if f does not return: the cleanups would hang as well.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		buf := make([]byte, 1<<20)
		fmt.Printf("%s: %s does not return\n%s", t.Name(), what, buf[:runtime.Stack(buf, true)])
		os.Exit(2)
	}
}

func listen(t testing.TB, n *Network) *Listener {
	t.Helper()
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*Listener)
}

// pair returns the two ends of a connection: dialled and accepted.
func pair(t testing.TB, n *Network) (*Conn, *Conn) {
	t.Helper()
	l := listen(t, n)
	defer l.Close()
	a, b, err := connectTo(l, n.Dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(*Conn), b.(*Conn)
}

// pairWithNet is pair with package net at the dialling end.
func pairWithNet(t testing.TB, n *Network) (*net.TCPConn, *Conn) {
	t.Helper()
	l := listen(t, n)
	defer l.Close()
	a, b, err := connectTo(l, net.Dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(*net.TCPConn), b.(*Conn)
}

func connectTo(l net.Listener, dial func(network, address string) (net.Conn, error)) (a, b net.Conn, err error) {
	var dialErr error
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		a, dialErr = dial("tcp", l.Addr().String())
	}()
	b, err = l.Accept()
	<-dialled
	return a, b, errors.Join(err, dialErr)
}

// blockedRead waits until a receive of c is in flight.
func blockedRead(t testing.TB, c *Conn) {
	t.Helper()
	waitFor(t, "a receive in flight", func() bool { return inFlight(&c.rd) })
}

func blockedWrite(t testing.TB, c *Conn) {
	t.Helper()
	waitFor(t, "a send in flight", func() bool { return inFlight(&c.wr) })
}

func inFlight(h *half) bool {
	h.Lock()
	defer h.Unlock()
	return h.op.InFlight()
}

// fillPipe writes to c until nothing more is taken, and returns how much that was.
func fillPipe(t testing.TB, c net.Conn) int64 {
	t.Helper()
	var total int64
	block := make([]byte, 1<<16)
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	defer c.SetWriteDeadline(time.Time{})
	for {
		n, err := c.Write(block)
		total += int64(n)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return total
		}
		if err != nil {
			t.Fatalf("filling the pipe: %v", err)
		}
	}
}

// wantOpError checks err against what package net would return: a *net.OpError from op of c,
// around cause.
func wantOpError(t testing.TB, err error, op string, c *Conn, cause error) {
	t.Helper()
	oe, ok := err.(*net.OpError)
	switch {
	case !ok:
		t.Errorf("%s: got %T %v, want a *net.OpError", op, err, err)
		return
	case oe.Op != op || oe.Net != "tcp" || oe.Addr == nil:
		t.Errorf("%s: got Op %q Net %q Addr %v", op, oe.Op, oe.Net, oe.Addr)
	case !errors.Is(err, cause):
		t.Errorf("%s: got %v, want %v inside", op, err, cause)
	case op != "set" && (oe.Source != c.LocalAddr() || oe.Addr != c.RemoteAddr()):
		t.Errorf("%s: got %v->%v, want %v->%v", op, oe.Source, oe.Addr, c.LocalAddr(), c.RemoteAddr())
	}
	if _, nested := oe.Err.(*net.OpError); nested {
		t.Errorf("%s: a *net.OpError inside another: %v", op, err)
	}
}

// pattern yields n bytes that depend on their position.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

func mustWrite(t testing.TB, w io.Writer, s string) {
	t.Helper()
	if n, err := io.WriteString(w, s); n != len(s) || err != nil {
		t.Fatalf("Write(%q) = %d, %v", s, n, err)
	}
}

func mustRead(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v, want %q", got, err, want)
	}
}
