// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

var long = flag.Bool("long", false, "run the processor-bound tests for their full time")

// op is an operation of the tests.
type op struct {
	Overlapped
	name string
}

// warmUp starts what lives as long as the process (the network poller, what the first port
// learns), so that the leak checks see a steady state.
func warmUp() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	if p, err := NewPort(Config{}); err == nil {
		p.Close()
	}
	Engines()
}

// testEngine is the name of the engine that ports get here.
func testEngine() string {
	if preferred != "" {
		return preferred
	}
	for _, e := range Engines() {
		if e.Err == nil {
			return e.Name
		}
	}
	return ""
}

// go test keeps results by the variables that tests read, but not by those that are read before: without
// this a run with another engine would be answered with the result of the last.
func TestResultsAreOfTheEngineThatWasAskedFor(t *testing.T) {
	if got := os.Getenv("IOCP_TEST_ENGINE"); got != preferred {
		t.Errorf("IOCP_TEST_ENGINE was %q at the start and is %q now", preferred, got)
	}
}

func skipWithoutEngine(t testing.TB) {
	t.Helper()
	if why := notHere[t.Name()]; why != "" {
		t.Skip(why)
	}
	var refusals []string
	for _, e := range Engines() {
		if e.Err == nil {
			return
		}
		refusals = append(refusals, e.Err.Error())
	}
	t.Skip("no engine works on this kernel: " + strings.Join(refusals, "; "))
}

// newPort makes a port that is drained and closed with the test; after that nothing may be
// left of it.
func newPort(t testing.TB, cfg ...Config) *Port {
	t.Helper()
	skipWithoutEngine(t)
	checkLeaks(t)
	var c Config
	if len(cfg) > 0 {
		c = cfg[0]
	}
	p, err := NewPort(c)
	if err != nil {
		t.Fatal(err)
	}
	track(t, p)
	t.Cleanup(func() {
		if p.closed.Load() {
			return
		}
		drain(t, p)
		if err := p.Close(); err != nil {
			t.Errorf("Port.Close: %v", err)
		}
	})
	return p
}

// drain takes packets until nothing is in flight or queued.
func drain(t testing.TB, p *Port) {
	t.Helper()
	var buf [64]Completion
	for start := time.Now(); ; {
		if s := p.Stats(); s.InFlight == 0 && p.Len() == 0 {
			break
		}
		if time.Since(start) > patience {
			t.Fatalf("operations or packets are left: %+v", p.Stats())
		}
		if _, err := p.GetBatch(buf[:], 10*time.Millisecond); err != nil && err != ErrTimeout {
			t.Fatal(err)
		}
	}
	p.Leave()
	checkInvariant(t, p)
}

func checkInvariant(t testing.TB, p *Port) {
	t.Helper()
	if err := p.c.q.Invariant(); err != nil {
		t.Errorf("the port leaves something behind: %v", err)
	}
}

// checked are the tests whose end looks for leaks, with their ports.
var checked sync.Map

func track(t testing.TB, p *Port) {
	if ports, ok := checked.Load(t); ok {
		*ports.(*[]*Port) = append(*ports.(*[]*Port), p)
	}
}

// describe says what keeps a port alive.
func describe(p *Port) string {
	c := p.c
	c.q.Lock()
	defer c.q.Unlock()
	s := fmt.Sprintf("%d handles, %d objects, %d operations, %d held", c.handles.Load(), c.objects, c.pending, c.held)
	if c.eng != nil && c.objects > 0 {
		s += fmt.Sprintf("; engine: %d in flight, %d ready, %d unsubmitted, deferred work %v",
			c.eng.InFlight(), c.eng.Ready(), c.eng.Pending(), c.eng.Work())
	}
	return s
}

// checkLeaks makes the end of the test wait until the goroutines and descriptors that it made
// are gone.
func checkLeaks(t testing.TB) {
	t.Helper()
	if why := notHere[t.Name()]; why != "" {
		t.Skip(why)
	}
	if _, ok := t.(*testing.B); ok {
		return
	}
	var ports []*Port
	if _, twice := checked.LoadOrStore(t, &ports); twice {
		return
	}
	goroutines, files := goleak.IgnoreCurrent(), openFiles()
	t.Cleanup(func() {
		checked.Delete(t)
		if t.Failed() {
			return
		}
		goleak.VerifyNone(t, goroutines)
		if t.Failed() {
			for _, p := range ports {
				t.Logf("a port has %s", describe(p))
			}
		}
		eventually(t, "all descriptors to be closed", func() bool { return openFiles() <= files })
	})
}

// eventually waits until cond holds; what says what for.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for start := time.Now(); !cond(); <-tick.C {
		if time.Since(start) > patience {
			buf := make([]byte, 1<<16)
			t.Fatalf("waited in vain for %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// await waits for the end of something.
func await[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

func get(t testing.TB, p *Port) Completion {
	t.Helper()
	c, err := p.Get(patience)
	if err != nil {
		t.Fatalf("no packet came: %v; %+v", err, p.Stats())
	}
	return c
}

// expect takes a packet and compares it; want may be any error that errors.Is finds.
func expect(t testing.TB, p *Port, o Op, n int64, want error) Completion {
	t.Helper()
	c := get(t, p)
	if c.Op != o {
		t.Fatalf("a packet of %v came, not of %v: %d, %v", nameOf(c.Op), nameOf(o), c.Bytes, c.Err)
	}
	compare(t, c, n, want)
	return c
}

func compare(t testing.TB, c Completion, n int64, want error) {
	t.Helper()
	if c.Bytes != n || !isError(c.Err, want) {
		t.Fatalf("the packet of %v has %d bytes and error %v; want %d and %v", nameOf(c.Op), c.Bytes, c.Err, n, want)
	}
}

func nameOf(o Op) string {
	if o, ok := o.(*op); ok && o != nil {
		return "operation " + o.name
	}
	return "a foreign operation"
}

// isError is errors.Is, with nil for success.
func isError(err, want error) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}

// gather takes n packets, in any order, one of each operation at most.
func gather(t testing.TB, p *Port, n int) map[Op]Completion {
	t.Helper()
	all := map[Op]Completion{}
	for range n {
		c := get(t, p)
		if _, ok := all[c.Op]; ok {
			t.Fatalf("a second packet of %v came", nameOf(c.Op))
		}
		all[c.Op] = c
	}
	return all
}

// quiet checks that nothing is in flight and no packet is queued, so that none can come.
func quiet(t testing.TB, p *Port) {
	t.Helper()
	if s, n := p.Stats(), p.Len(); s.InFlight != 0 || n != 0 {
		t.Fatalf("%d operations are in flight and %d packets queued; want none", s.InFlight, n)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails checks that an operation ended at its start with want, and that no packet will come.
func fails(t testing.TB, p *Port, err, want error) {
	t.Helper()
	if !isError(err, want) || err == nil {
		t.Fatalf("starting gave %v; want %v", err, want)
	}
	quiet(t, p)
}

// refuses checks the error of a call that is no operation.
func refuses(t testing.TB, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Fatalf("the error is %v; want %v", err, w)
		}
	}
}

// associate associates e and has it closed with the test.
func associate[E interface {
	Endpoint
	Close() error
}](t testing.TB, p *Port, e E, key any) E {
	t.Helper()
	t.Cleanup(func() { e.Close() })
	ok(t, p.Associate(e, key))
	return e
}

// tcpPair returns a connection that is associated with p, and its other end.
func tcpPair(t testing.TB, p *Port) (*TCPConn, *net.TCPConn) {
	t.Helper()
	near, far := netPair(t)
	c, err := AdoptTCPConn(near)
	if errors.Is(err, errors.ErrUnsupported) { // Wine cannot take a socket away from package net
		near.Close()
		far.Close()
		return acceptedPair(t, p)
	}
	ok(t, err)
	return associate(t, p, c, "conn"), far
}

// acceptedPair is tcpPair by an accept on a port of its own, which the connection does not belong to.
func acceptedPair(t testing.TB, p *Port) (*TCPConn, *net.TCPConn) {
	t.Helper()
	q, err := NewPort(Config{})
	ok(t, err)
	defer q.Close()
	l, err := ListenTCP("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	ok(t, q.Associate(l, nil))
	c := NewTCPConn()
	ok(t, l.Accept(&op{name: "accept"}, c))
	far, err := net.Dial("tcp", l.Addr().String())
	ok(t, err)
	t.Cleanup(func() { far.Close() })
	far.SetDeadline(time.Now().Add(patience))
	get(t, q)
	q.Leave()
	return associate(t, p, c, "conn"), far.(*net.TCPConn)
}

// netPair returns both ends of a connection of package net.
func netPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	ok(t, err)
	b, err := l.Accept()
	ok(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	a.SetDeadline(time.Now().Add(patience))
	return b.(*net.TCPConn), a.(*net.TCPConn)
}

// reset closes the other end with a reset.
func reset(t testing.TB, far *net.TCPConn) {
	t.Helper()
	ok(t, far.SetLinger(0))
	ok(t, far.Close())
}

// tempFile makes a file with content, open for both, and associated with p.
func tempFile(t testing.TB, p *Port, content []byte) *File {
	t.Helper()
	name := t.TempDir() + "/file"
	ok(t, os.WriteFile(name, content, 0o600))
	return openFile(t, p, name, os.O_RDWR)
}

func openFile(t testing.TB, p *Port, name string, flag int) *File {
	t.Helper()
	f, err := OpenFile(name, flag, 0o600)
	ok(t, err)
	return associate(t, p, f, "file")
}

// pattern is content whose every stretch is unlike its neighbours.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

func same(t testing.TB, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Fatalf("%d bytes came instead of %d, and byte %d is the first that differs", len(got), len(want), i)
}

// cut divides b into pieces of n bytes, with empty ones between some of them.
func cut(b []byte, n int) (pieces [][]byte) {
	for i := 0; len(b) > 0; i++ {
		if i%5 == 3 {
			pieces = append(pieces, nil, []byte{})
		}
		m := min(n, len(b))
		pieces = append(pieces, b[:m:m])
		b = b[m:]
	}
	return pieces
}
