// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var tableFlag = flag.Bool("table", false, "measure how soon a waiter is released for a worker that blocks")

// TestLatencyTable measures, for every kind of blocking, the time from just before a worker
// blocks until another one has the packet that waited for its slot.
func TestLatencyTable(t *testing.T) {
	if !*tableFlag {
		t.Skip("a measurement: run it with -table")
	}
	fmt.Printf("%-10s %3s %12s %12s %12s\n", "blocks in", "N", "p50", "p90", "max")
	for _, kind := range []string{"channel", "mutex", "sleep", "pipe read", "file I/O"} {
		for _, limit := range []int{1, 2} {
			var all []time.Duration
			for range 50 {
				all = append(all, releaseLatency(t, kind, limit))
			}
			slices.Sort(all)
			fmt.Printf("%-10s %3d %12v %12v %12v\n", kind, limit, all[25], all[45], all[49])
		}
	}
}

// releaseLatency lets limit workers run and one wait behind a queued packet. One of the
// running ones computes for 3 ms and then blocks.
func releaseLatency(t *testing.T, kind string, limit int) time.Duration {
	block, remove := obstacle(t, kind)
	defer remove()
	p := New(new(Workers[int]), limit)
	defer p.Close()
	var start time.Time
	released := make(chan time.Time, 1)
	ready := make(chan struct{}, limit)
	var stop gate
	defer stop.open()
	for range limit + 1 {
		post(t, p, 1)
	}
	for i := range limit {
		go func() {
			p.GetOne(NoContext, -1)
			ready <- struct{}{}
			if i > 0 {
				stop.spin()
				return
			}
			compute(3 * time.Millisecond)
			start = time.Now()
			block()
			stop.spin()
		}()
		<-ready
	}
	go func() {
		p.GetOne(NoContext, -1)
		released <- time.Now()
	}()
	return (<-released).Sub(start)
}

// obstacle returns what blocks the caller until remove is called.
func obstacle(t *testing.T, kind string) (block, remove func()) {
	switch kind {
	case "channel":
		c := make(chan struct{})
		return func() { <-c }, func() { close(c) }
	case "mutex":
		mu := new(sync.Mutex)
		mu.Lock()
		return func() { mu.Lock(); defer mu.Unlock() }, mu.Unlock
	case "sleep":
		return func() { time.Sleep(50 * time.Millisecond) }, func() {}
	case "pipe read":
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		return func() { readPlain(fds[0]); unix.Close(fds[0]) }, func() { unix.Close(fds[1]) }
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	var stop gate
	return func() { syncOverAndOver(f, &stop) }, stop.open
}

func readPlain(fd int) {
	for {
		if _, err := unix.Read(fd, make([]byte, 1)); err != unix.EINTR {
			return
		}
	}
}

// syncOverAndOver writes to a disk and waits for it. Whether that blocks is the disk's affair.
func syncOverAndOver(f *os.File, stop *gate) {
	defer f.Close()
	buf := make([]byte, 1<<20)
	for !stop.isOpen.Load() {
		f.WriteAt(buf, 0)
		f.Sync()
	}
}
