// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"flag"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var reps = flag.Int("reps", 4, "rounds of each case of the stranding table")

// strandedAfter is how long what a worker leaves behind may wait for another worker.
const strandedAfter = 2 * time.Second

// What a worker leaves behind, and what it does then.
const (
	leavesCompletion  = "a completion"
	leavesReceive     = "a pending receive"
	leavesUnsubmitted = "an unsubmitted send"

	thenComputes = "computes 6 ms"
	thenBlocks   = "blocks on a channel"
	thenExits    = "exits"
	thenReads    = "blocks in read(2)"
)

// leftBehind is one round: of three workers one takes packets, leaves something behind and does
// not come back for a while.
type leftBehind struct {
	p           *Port
	near        *TCPConn
	far         *net.TCPConn
	file        *File
	o           op
	begun       atomic.Int64 // nanotime, when what is left behind takes effect
	took        chan int64
	ready, goOn atomic.Bool
	gate        chan struct{}
	pipe        [2]int
	ended       chan struct{}
	missed      bool // it was submitted after all
}

// TestNothingStaysBehind prints how long it takes until somebody else acts.
func TestNothingStaysBehind(t *testing.T) {
	for _, procs := range []int{1, 2} {
		for _, left := range []string{leavesCompletion, leavesReceive, leavesUnsubmitted} {
			for _, then := range []string{thenComputes, thenBlocks, thenExits, thenReads} {
				t.Run(fmt.Sprintf("%d/%s/%s", procs, left, then), func(t *testing.T) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					var times []int64
					missed := 0
					for range *reps {
						s := newLeftBehind(t)
						times = append(times, s.round(t, left, then))
						if s.missed {
							missed++
						}
					}
					slices.Sort(times)
					t.Logf("median %6d us, worst %6d us", times[len(times)/2]/1000, times[len(times)-1]/1000)
					if left == leavesUnsubmitted && missed == *reps {
						t.Error("no send was left unsubmitted")
					}
				})
			}
		}
	}
}

func newLeftBehind(t *testing.T) *leftBehind {
	s := &leftBehind{p: newPort(t, Config{Concurrency: 2}), took: make(chan int64, 1), gate: make(chan struct{}), ended: make(chan struct{})}
	s.near, s.far = tcpPair(t, s.p)
	s.file = tempFile(t, s.p, nil)
	ok(t, syscall.Pipe2(s.pipe[:], syscall.O_CLOEXEC))
	idle, _ := tcpPair(t, s.p) // something is always in flight
	ok(t, idle.Recv(&op{}, make([]byte, 1)))
	return s
}

func (s *leftBehind) round(t *testing.T, left, then string) (took int64) {
	defer syscall.Close(s.pipe[0])
	defer syscall.Close(s.pipe[1])
	for range 4 {
		ok(t, s.p.Post(Completion{}))
	}
	go s.leaver(t, left, then)
	eventually(t, "the first worker", s.ready.Load)
	others := make(chan struct{}, 2)
	for range 2 {
		go func() { s.worker(); others <- struct{}{} }()
	}
	eventually(t, "the others to wait", func() bool { return s.p.Stats().Waiting == 2 })
	s.goOn.Store(true)
	took = s.effect(t, left)
	checkInvariant(t, s.p)
	switch then {
	case thenBlocks:
		close(s.gate)
	case thenReads:
		syscall.Write(s.pipe[1], []byte{1})
	}
	await(t, "the first worker to come back", s.ended)
	s.near.Close()
	ok(t, s.p.Close())
	for range 2 {
		await(t, "a worker to end", others)
	}
	return took
}

// effect waits until what was left behind has taken effect, and returns how long it took.
func (s *leftBehind) effect(t *testing.T, left string) int64 {
	t.Helper()
	switch left {
	case leavesUnsubmitted:
		s.far.SetReadDeadline(time.Now().Add(strandedAfter))
		if _, err := io.ReadFull(s.far, make([]byte, 1)); err != nil {
			t.Fatalf("%s stays behind: %+v", left, s.p.Stats())
		}
		return nanotime() - s.begun.Load()
	case leavesReceive:
		for s.begun.Load() != -1 {
			runtime.Gosched()
		}
		spin(300 * time.Microsecond)
		s.begun.Store(nanotime())
		s.far.Write([]byte{1})
	}
	select {
	case at := <-s.took:
		return at - s.begun.Load()
	case <-time.After(strandedAfter):
		t.Fatalf("%s stays behind: %+v", left, s.p.Stats())
	}
	return 0
}

// leaver takes four packets at once, after which operations are submitted by the next Get.
func (s *leftBehind) leaver(t *testing.T, left, then string) {
	defer close(s.ended)
	var buf [8]Completion
	if n, err := s.p.GetBatch(buf[:], Infinite); n != 4 || err != nil {
		t.Errorf("GetBatch took %d packets, %v; want 4", n, err)
	}
	s.ready.Store(true)
	for !s.goOn.Load() { // without blocking, which would free the slot
		runtime.Gosched()
	}
	s.leave(t, left)
	switch then {
	case thenComputes:
		spin(6 * time.Millisecond)
	case thenBlocks:
		<-s.gate
	case thenReads:
		syscall.Read(s.pipe[0], make([]byte, 1))
	}
}

func (s *leftBehind) leave(t *testing.T, left string) {
	var err error
	switch left {
	case leavesCompletion:
		s.begun.Store(nanotime())
		err = startNop(&s.file.Handle, &s.o)
		s.p.Flush()
	case leavesReceive:
		err = s.near.Recv(&s.o, make([]byte, 1))
		s.p.Flush()
		s.begun.Store(-1)
	case leavesUnsubmitted:
		s.begun.Store(nanotime())
		err = s.near.Send(&s.o, []byte{1})
		s.p.c.q.Lock()
		s.missed = s.p.c.eng.Pending() == 0
		s.p.c.q.Unlock()
	}
	if err != nil {
		t.Error(err)
	}
}

func (s *leftBehind) worker() {
	for c := range s.p.All() {
		if c.Op == &s.o {
			s.took <- nanotime()
		}
	}
}

// TestLongOperationsGoOnWithoutGet: operations of several requests, and those that stand in line,
// must not wait for somebody to take packets.
func TestLongOperationsGoOnWithoutGet(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(1 << 20)
	f := tempFile(t, p, content)
	var want []byte
	start := func(err error, parts ...[]byte) {
		ok(t, err)
		for _, b := range parts {
			want = append(want, b...)
		}
	}
	start(c.Sendv(&op{name: "vectors"}, cut(content, 300)), content)
	start(c.SendFile(&op{name: "file"}, f, 0, -1, content[:10], content[:20]), content[:10], content, content[:20])
	start(c.Send(&op{name: "line"}, content), content)
	ok(t, c.Shutdown(ShutdownSend))
	got, err := io.ReadAll(far)
	ok(t, err)
	same(t, got, want)
	gather(t, p, 3)

	addr, conns := hearer(t, "127.0.0.1:0")
	d := associate(t, p, NewTCPConn(), nil)
	ok(t, d.Connect(&op{name: "connect"}, addr, content))
	got = make([]byte, len(content))
	peer := await(t, "the connection", conns)
	if _, err := io.ReadFull(peer, got); err != nil {
		t.Fatal(err)
	}
	same(t, got, content)
	peer.Close()
	gather(t, p, 1)
}

// TestRequestsOfOthersAreSubmittedAtOnce: requests of goroutines that are no workers go
// to the kernel at once.
func TestRequestsOfOthersAreSubmittedAtOnce(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	before := p.Stats().Flushes
	for range 100 {
		ok(t, c.Send(&op{}, []byte{1}))
		if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		get(t, p)
		p.Leave()
	}
	if n := p.Stats().Flushes - before; n != 0 {
		t.Errorf("the monitor had to submit %d times", n)
	}
}
