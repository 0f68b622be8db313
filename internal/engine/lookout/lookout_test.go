// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package lookout_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"iocp/internal/engine/lookout"
)

func TestALookIsDueOncePerSearch(t *testing.T) {
	var l lookout.Look
	if !l.Due() {
		t.Error("nobody has looked yet, and no look is due")
	}
	for range 3 {
		if l.Done(); l.Due() {
			t.Fatal("a look is due right after one")
		}
		if l.Reaped(); l.Due() { // what the look has brought
			t.Fatal("a look is due for one who has looked")
		}
		for range 2 {
			if l.Reaped(); !l.Due() {
				t.Fatal("no look is due for one who comes for more")
			}
		}
	}
}

// An engine: what its guard looks at, and when it did.
type fake struct {
	mu     sync.Mutex
	guard  lookout.Guard
	waits  int
	parked atomic.Bool
	looks  uint64
	found  uint64
	finds  int // how many looks will find something
	start  time.Time
	rounds []time.Duration // in which the guard has looked
}

func newFake() *fake {
	f := &fake{start: time.Now()}
	f.guard.Init(f.round)
	return f
}

func (f *fake) round() {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.waits == 0:
		f.guard.End()
		return
	case f.guard.Rest(&f.parked):
		return
	case f.guard.Alone(f.looks):
		f.rounds = append(f.rounds, time.Since(f.start))
		f.look()
	}
	f.guard.Next(f.looks, f.found)
}

func (f *fake) look() {
	if f.looks++; f.finds > 0 {
		f.finds--
		f.found++
	}
}

// with calls do with the lock held.
func (f *fake) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// looked returns how often the guard has looked since it was last asked.
func (f *fake) looked() (n int) {
	f.with(func() { n, f.rounds = len(f.rounds), nil })
	return n
}

func (f *fake) begin() {
	f.with(func() {
		f.waits = 1
		f.guard.Begin(f.looks)
		f.guard.Begin(f.looks) // has no effect
	})
}

func TestGuardLooksWhileRequestsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		defer f.guard.Stop()
		time.Sleep(time.Hour)
		if n := f.looked(); n != 0 {
			t.Errorf("looked %d times before anything waits", n)
		}
		f.begin()
		time.Sleep(10*lookout.Most + 1)
		if n := f.looked(); n != 10 {
			t.Errorf("looked %d times in ten rounds", n)
		}
		f.with(func() { f.waits = 0 })
		time.Sleep(time.Hour)
		if n := f.looked(); n != 0 {
			t.Errorf("looked %d times when nothing waits any more", n)
		}
		f.begin()
		time.Sleep(lookout.Most + 1)
		if n := f.looked(); n != 1 {
			t.Errorf("looked %d times in the first round of a new start", n)
		}
	})
}

// What takes many rounds, such as a long send, is not held up.
func TestGuardHurriesWhereItFindsSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		defer f.guard.Stop()
		f.finds = 3
		f.begin()
		time.Sleep(2*lookout.Most + 3*lookout.Least + 1)
		want := []time.Duration{lookout.Most, lookout.Most + lookout.Least, lookout.Most + 2*lookout.Least,
			lookout.Most + 3*lookout.Least, 2*lookout.Most + 3*lookout.Least}
		f.with(func() {
			if fmt.Sprint(f.rounds) != fmt.Sprint(want) {
				t.Errorf("looked after %v, want %v", f.rounds, want)
			}
		})
	})
}

func TestGuardLeavesItToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		defer f.guard.Stop()
		f.begin()
		for range 10 {
			f.with(f.look) // somebody else does
			time.Sleep(lookout.Most)
			synctest.Wait()
		}
		if n := f.looked(); n != 0 {
			t.Errorf("looked %d times although somebody else did", n)
		}
	})
}

func TestGuardRestsWhileSomebodyIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		defer f.guard.Stop()
		f.begin()
		f.parked.Store(true)
		time.Sleep(time.Hour)
		if n := f.looked(); n != 0 {
			t.Errorf("looked %d times while somebody was parked", n)
		}
		f.parked.Store(false)
		f.guard.Leave()
		time.Sleep(lookout.Most + 1)
		if n := f.looked(); n != 1 {
			t.Errorf("looked %d times in the round after the watcher has left", n)
		}
		f.guard.Leave() // nothing rests
		f.guard.Stop()
		time.Sleep(time.Hour)
		if n := f.looked(); n != 0 {
			t.Errorf("looked %d times after Stop", n)
		}
	})
}

func ExampleLook() {
	var l lookout.Look
	l.Done()   // events were taken, and became completions
	l.Reaped() // which somebody takes
	fmt.Println(l.Due())
	l.Reaped() // and comes for more
	fmt.Println(l.Due())
	// Output:
	// false
	// true
}
