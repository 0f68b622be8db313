// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestNewPortRefusesWrongParameters(t *testing.T) {
	tooMany := int64(math.MaxInt32) + 1 // negative where int has 32 bits
	for _, c := range []Config{{Concurrency: -1}, {Concurrency: int(tooMany)}, {MaxInFlight: -1}, {MaxInFlight: int(tooMany)}, {Engine: "steam"}} {
		if _, err := NewPort(c); !errors.Is(err, ErrInvalidParameter) {
			t.Errorf("NewPort(%+v): %v; want ErrInvalidParameter", c, err)
		}
	}
}

func TestConcurrencyValueIsKept(t *testing.T) {
	if n := newPort(t).Concurrency(); n != runtime.NumCPU() {
		t.Errorf("the concurrency value is %d without one in Config; want %d", n, runtime.NumCPU())
	}
	if n := newPort(t, Config{Concurrency: 1 << 20}).Concurrency(); n != 1<<20 {
		t.Errorf("the concurrency value is %d; want %d", n, 1<<20)
	}
}

func TestEngineIsMadeByTheFirstAssociation(t *testing.T) {
	p := newPort(t)
	files := openFiles()
	if p.Engine() != "" {
		t.Errorf("the engine is %q before anything is associated", p.Engine())
	}
	ok(t, p.Post(Completion{}))
	get(t, p)
	if n := openFiles(); n != files {
		t.Errorf("posting took %d descriptors", n-files)
	}
	tempFile(t, p, nil)
	if p.Engine() != testEngine() {
		t.Errorf("the engine is %q; want %q", p.Engine(), testEngine())
	}
	for _, e := range Engines() {
		if e.Err != nil {
			continue
		}
		named := newPort(t, Config{Engine: e.Name})
		tempFile(t, named, nil)
		if named.Engine() != e.Name {
			t.Errorf("the engine is %q; want %q", named.Engine(), e.Name)
		}
	}
}

func TestEnginesDescribesThisMachine(t *testing.T) {
	all := Engines()
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, engineNames) {
		t.Fatalf("Engines() = %+v, want those of %q", all, engineNames)
	}
	for _, e := range all {
		if e.Kernel == "" || e.Err == nil && len(e.Features)+len(e.Lacks) == 0 {
			t.Errorf("%+v: no kernel, or an engine that works has no features", e)
		}
	}
}

func TestPostedPacketComesBackAsItIs(t *testing.T) {
	p := newPort(t)
	failure := errors.New("a failure of my own")
	o := &op{name: "posted"}
	for _, c := range []Completion{
		{},
		{Key: "a key", Bytes: -1},
		{Op: o, Key: uint64(math.MaxUint64), Bytes: math.MaxInt64, Err: failure},
		{Op: o, Key: p},
	} {
		ok(t, p.Post(c))
		if o.InFlight() {
			t.Error("posting touched the Overlapped")
		}
		if got := get(t, p); got != c {
			t.Errorf("posted %+v, got %+v", c, got)
		}
	}
}

func TestTakenPacketCanBePosted(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("content"))
	o := &op{}
	ok(t, f.Read(o, make([]byte, 7), 0))
	c := expect(t, p, o, 7, nil)
	ok(t, p.Post(c))
	if again := get(t, p); again.Op != c.Op || again.Bytes != 7 || again.Key != "file" {
		t.Errorf("posted %+v, got %+v", c, again)
	}
}

func TestPacketsComeInTheOrderTheyWerePosted(t *testing.T) {
	p := newPort(t)
	const n = 1000
	for i := range int64(n) {
		ok(t, p.Post(Completion{Bytes: i}))
	}
	if p.Len() != n || p.Stats().Queued != n {
		t.Errorf("Len is %d and Stats.Queued %d; want %d", p.Len(), p.Stats().Queued, n)
	}
	for i := range int64(n) {
		if c := get(t, p); c.Bytes != i {
			t.Fatalf("packet %d came as number %d", c.Bytes, i)
		}
	}
	if s := p.Stats(); s.Posted != n || s.Dequeued != n {
		t.Errorf("%d posted and %d dequeued; want %d", s.Posted, s.Dequeued, n)
	}
}

func TestPostsAndCompletionsComeInOrderOfArrival(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	s := &op{name: "send"}
	ok(t, p.Post(Completion{Bytes: 1}))
	ok(t, c.Send(s, []byte("x")))
	eventually(t, "the send", func() bool { return p.Len() == 2 })
	ok(t, p.Post(Completion{Bytes: 3}))
	if first := get(t, p); first.Op != nil || first.Bytes != 1 {
		t.Errorf("the first packet is %+v", first)
	}
	expect(t, p, s, 1, nil)
	if last := get(t, p); last.Op != nil || last.Bytes != 3 {
		t.Errorf("the last packet is %+v", last)
	}
}

func TestGetWithoutPacketsTimesOut(t *testing.T) {
	p := newPort(t)
	for _, d := range []time.Duration{0, time.Nanosecond, 20 * time.Millisecond} {
		start := time.Now()
		_, err := p.Get(d)
		if err != ErrTimeout || time.Since(start) < d {
			t.Errorf("Get(%v) gave %v after %v", d, err, time.Since(start))
		}
	}
	var timeout net.Error
	refuses(t, ErrTimeout, os.ErrDeadlineExceeded)
	if !os.IsTimeout(ErrTimeout) || errors.As(ErrTimeout, &timeout) && !timeout.Timeout() {
		t.Error("ErrTimeout is no timeout")
	}
}

func TestGetWithTimeoutGetsWhatComesMeanwhile(t *testing.T) {
	p := newPort(t)
	go p.Post(Completion{Bytes: 5})
	if c, err := p.Get(patience); err != nil || c.Bytes != 5 {
		t.Errorf("Get gave %+v, %v", c, err)
	}
}

func TestGetBatchTakesWhatThereIs(t *testing.T) {
	p := newPort(t)
	for i := range int64(6) {
		ok(t, p.Post(Completion{Bytes: i}))
	}
	var buf [4]Completion
	for _, want := range [][]int64{{0, 1, 2, 3}, {4, 5}} {
		n, err := p.GetBatch(buf[:], Infinite)
		ok(t, err)
		var got []int64
		for _, c := range buf[:n] {
			got = append(got, c.Bytes)
		}
		if !slices.Equal(got, want) {
			t.Errorf("GetBatch gave %v; want %v", got, want)
		}
	}
	if n, err := p.GetBatch(buf[:], 0); n != 0 || err != ErrTimeout {
		t.Errorf("GetBatch gave %d, %v", n, err)
	}
}

func TestGetBatchNeedsRoom(t *testing.T) {
	p := newPort(t)
	ok(t, p.Post(Completion{}))
	n, err := p.GetBatch(nil, 0)
	if n != 0 || !errors.Is(err, ErrInvalidParameter) || p.Len() != 1 {
		t.Errorf("GetBatch(nil) gave %d, %v, and %d packets are left", n, err, p.Len())
	}
}

func TestGetContextEndsWithTheContext(t *testing.T) {
	p := newPort(t)
	ctx, cancel := context.WithCancel(t.Context())
	ok(t, p.Post(Completion{Bytes: 1}))
	if c, err := p.GetContext(ctx); err != nil || c.Bytes != 1 {
		t.Errorf("GetContext gave %+v, %v", c, err)
	}
	go func() {
		eventually(t, "the wait", func() bool { return p.Stats().Waiting == 1 })
		cancel()
	}()
	if _, err := p.GetContext(ctx); err != context.Canceled {
		t.Errorf("GetContext gave %v; want context.Canceled", err)
	}
	ok(t, p.Post(Completion{Bytes: 2}))
	if c, err := p.GetContext(ctx); err != nil || c.Bytes != 2 {
		t.Errorf("with a packet there, GetContext of a done context gave %+v, %v", c, err)
	}
	if _, err := p.GetContext(ctx); err != context.Canceled {
		t.Errorf("GetContext of a done context gave %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := p.GetContext(short); err != context.DeadlineExceeded {
		t.Errorf("GetContext gave %v; want context.DeadlineExceeded", err)
	}
	if _, err := p.Get(time.Millisecond); err != ErrTimeout {
		t.Errorf("a Get after contexts gave %v", err)
	}
}

func TestAllEndsWithThePort(t *testing.T) {
	p := newPort(t)
	var got []int64
	for i := range int64(3) {
		ok(t, p.Post(Completion{Bytes: i}))
	}
	for c := range p.All() {
		got = append(got, c.Bytes)
		if c.Bytes == 2 {
			go func() {
				eventually(t, "the iterator to wait", func() bool { return p.Stats().Waiting == 1 })
				p.Close()
			}()
		}
	}
	if !slices.Equal(got, []int64{0, 1, 2}) {
		t.Errorf("All gave %v", got)
	}
}

func TestAllCanBeLeft(t *testing.T) {
	p := newPort(t)
	for range 2 {
		ok(t, p.Post(Completion{}))
	}
	for range p.All() {
		break
	}
	if p.Len() != 1 {
		t.Errorf("%d packets are left; want 1", p.Len())
	}
	get(t, p)
}

func TestClosedPortSaysSo(t *testing.T) {
	p := newPort(t)
	ok(t, p.Post(Completion{}))
	ok(t, p.Close())
	_, get := p.Get(0)
	_, batch := p.GetBatch(make([]Completion, 1), Infinite)
	_, ctx := p.GetContext(t.Context())
	_, duplicate := p.Duplicate()
	f, err := OpenFile(t.TempDir()+"/f", os.O_CREATE|os.O_RDWR, 0o600)
	ok(t, err)
	defer f.Close()
	for name, err := range map[string]error{"Get": get, "GetBatch": batch, "GetContext": ctx, "Duplicate": duplicate,
		"Post": p.Post(Completion{}), "Close": p.Close(), "Associate": p.Associate(f, nil)} {
		if err != ErrClosed || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s of a closed port gave %v; want ErrClosed", name, err)
		}
	}
	if p.Len() != 0 || p.Engine() != "" {
		t.Errorf("a closed port has %d packets and engine %q", p.Len(), p.Engine())
	}
	ran := false
	p.Blocking(func() { ran = true })
	p.Flush()
	p.Leave()
	if !ran {
		t.Error("Blocking of a closed port did not run its function")
	}
	other := newPort(t)
	ok(t, other.Associate(f, nil)) // the failure changed nothing (A09)
}

func TestMethodsOfNoPort(t *testing.T) {
	for _, p := range []*Port{nil, {}} {
		_, get := p.Get(0)
		refuses(t, get, ErrInvalidHandle)
		refuses(t, p.Post(Completion{}), ErrInvalidHandle)
		refuses(t, p.Close(), ErrInvalidHandle)
		refuses(t, p.Associate(NewTCPConn(), nil), ErrInvalidHandle)
		if p.Concurrency() != 0 || p.Len() != 0 || p.Engine() != "" || p.Stats() != (Stats{}) {
			t.Error("a port that is none has properties")
		}
	}
}

func TestCloseWakesEveryWaiter(t *testing.T) {
	p := newPort(t)
	tempFile(t, p, nil)
	const n = 10
	errs := make(chan error, n)
	for i := range n {
		go func() {
			d := Infinite
			if i%2 == 0 {
				d = time.Hour
			}
			_, err := p.Get(d)
			errs <- err
		}()
	}
	eventually(t, "the workers to wait", func() bool { return p.Stats().Waiting == n })
	ok(t, p.Close())
	for range n {
		if err := await(t, "a waiter to return", errs); err != ErrClosed {
			t.Errorf("a waiter got %v; want ErrClosed", err)
		}
	}
}

func TestPacketHandedToAWaiterSurvivesClose(t *testing.T) {
	for range 200 {
		p, err := NewPort(Config{})
		ok(t, err)
		got := make(chan error, 1)
		go func() {
			c, err := p.Get(Infinite)
			if err == nil && c.Bytes != 7 {
				err = io.ErrUnexpectedEOF
			}
			got <- err
		}()
		eventually(t, "the worker to wait", func() bool { return p.Stats().Waiting == 1 })
		ok(t, p.Post(Completion{Bytes: 7}))
		ok(t, p.Close())
		ok(t, await(t, "the packet", got))
	}
}

func TestPortLivesUntilItsLastHandleIsClosed(t *testing.T) {
	p := newPort(t)
	q, err := p.Duplicate()
	ok(t, err)
	got := make(chan Completion, 1)
	go func() {
		c, _ := p.Get(Infinite)
		got <- c
	}()
	eventually(t, "the worker to wait", func() bool { return p.Stats().Waiting == 1 })
	ok(t, p.Close())
	refuses(t, p.Post(Completion{}), ErrClosed)
	ok(t, q.Post(Completion{Bytes: 9}))
	if c := await(t, "the packet", got); c.Bytes != 9 {
		t.Errorf("a waiter on a closed handle of a living port got %+v", c)
	}
	ok(t, q.Close())
	refuses(t, q.Close(), ErrClosed)
}

func TestPostNeverBlocks(t *testing.T) {
	p := newPort(t, Config{Concurrency: 1})
	var posted atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 30000 {
			if p.Post(Completion{}) == nil {
				posted.Add(1)
			}
		}
	}()
	await(t, "30000 posts", done)
	if posted.Load() != 30000 || p.Len() != 30000 {
		t.Errorf("%d posted, %d queued", posted.Load(), p.Len())
	}
}

func TestBlockingOfNoWorkerJustRuns(t *testing.T) {
	p := newPort(t)
	ran := make(chan bool, 1)
	go p.Blocking(func() { ran <- true })
	await(t, "the function", ran)
	if s := p.Stats(); s.Running != 0 || s.Blocked != 0 {
		t.Errorf("somebody counts: %+v", s)
	}
}

func TestLeaveGivesTheSlotBack(t *testing.T) {
	p := newPort(t)
	p.Get(0)
	if n := p.Stats().Running; n != 1 {
		t.Fatalf("%d workers run after a poll; want 1 (C10)", n)
	}
	p.Leave()
	p.Leave()
	if n := p.Stats().Running; n != 0 {
		t.Errorf("%d workers run after Leave", n)
	}
}
