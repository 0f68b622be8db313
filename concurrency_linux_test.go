// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

func obstacles(t *testing.T) []obstacle {
	gate, mu := make(chan struct{}), new(sync.Mutex)
	mu.Lock()
	r, w, err := os.Pipe()
	ok(t, err)
	var raw [2]int
	ok(t, syscall.Pipe2(raw[:], syscall.O_CLOEXEC))
	holder, err := os.Create(t.TempDir() + "/locked")
	ok(t, err)
	flock := func(f *os.File, how int) { ok(t, syscall.Flock(int(f.Fd()), how)) }
	flock(holder, syscall.LOCK_EX)
	t.Cleanup(func() {
		r.Close()
		w.Close()
		holder.Close()
		syscall.Close(raw[0])
		syscall.Close(raw[1])
	})
	return []obstacle{
		{"channel", func() { <-gate }, func() { gate <- struct{}{}; gate <- struct{}{} }, nothing},
		{"mutex", func() { mu.Lock(); defer mu.Unlock() }, mu.Unlock, mu.Lock},
		{"time.Sleep", func() { time.Sleep(sleeps) }, nothing, nothing},
		{"pipe of package os", func() { r.Read(make([]byte, 1)) }, func() { w.Write([]byte{1, 2}) }, nothing},
		{"read(2)", func() { syscall.Read(raw[0], make([]byte, 1)) }, func() { syscall.Write(raw[1], []byte{1, 2}) }, nothing},
		{"file lock", func() {
			f, err := os.Open(holder.Name())
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
		}, func() { flock(holder, syscall.LOCK_UN) }, func() { flock(holder, syscall.LOCK_EX) }},
	}
}

// TestBlockedWorkersFreeTheirSlots: when both workers that may run block, the others are
// released for the packets there are (C05).
func TestBlockedWorkersFreeTheirSlots(t *testing.T) {
	p := newPort(t, Config{Concurrency: 2})
	tempFile(t, p, nil) // with an engine, as usual
	c := newCrew(t, p, 8)
	for _, o := range obstacles(t) {
		var within []time.Duration
		for range 5 {
			within = append(within, c.blocked(t, o))
			o.again()
		}
		slices.Sort(within)
		t.Logf("%-20s released after %8v, at worst %8v", o.name, within[2], within[4])
		if within[2] >= sleeps {
			t.Errorf("nobody was released while the others were blocked by a %s", o.name)
		}
		checkInvariant(t, p)
	}
	c.close(t)
}

// obstacle is a way for two workers to block, and to go on.
type obstacle struct {
	name  string
	block func()
	free  func() // both
	again func() // makes the next two block
}

func nothing() {}

// sleeps is how long sleeping workers do; the others must be released before.
const sleeps = 100 * time.Millisecond

// blocked returns how long a packet waits that is posted right behind two whose handlers block.
func (c *crew) blocked(t *testing.T, o obstacle) time.Duration {
	t.Helper()
	var over sync.WaitGroup
	over.Add(2)
	ran := make(chan time.Time, 1)
	for range 2 {
		ok(t, c.p.Post(Completion{Key: func() { defer over.Done(); o.block() }}))
	}
	posted := time.Now()
	ok(t, c.p.Post(Completion{Key: func() { ran <- time.Now() }}))
	d := await(t, "a released worker", ran).Sub(posted)
	o.free()
	over.Wait()
	eventually(t, "all to wait again", func() bool { return c.p.Stats().Waiting == 8 })
	return d.Round(time.Microsecond)
}
