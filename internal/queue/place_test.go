// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync/atomic"
	"testing"
)

// holdEnter lets the kernel take nothing in the next short calls, and stay in the one after them until goOn
// is closed; inside is closed when it is there.
func holdEnter(s *fakeSource, short int32) (inside, goOn chan struct{}) {
	inside, goOn = make(chan struct{}), make(chan struct{})
	var enters atomic.Int32
	s.setEnter(func(n int, _ bool) (int, error) {
		switch k := enters.Add(1); {
		case k <= short:
			return 0, nil
		case k == short+1:
			close(inside)
			<-goOn
		}
		return n, nil
	})
	return inside, goOn
}

// A watcher that has a request to submit again is a waiter all the same, in the kernel, too, and after it
// has found that short of something: what is posted meanwhile is its own, even if the port is closed next.
func TestPacketPostedWhileTheWatcherSubmitsIsItsOwn(t *testing.T) { // B25
	for name, short := range map[string]int32{"at once": 0, "the kernel is short": 1} {
		t.Run(name, func(t *testing.T) {
			p, s, as := newSourceAnd(t, 1, 1)
			s.startOps(1)
			g := as[0].get(NoContext, p, 1, -1)
			s.awaitWatch(t, as[0])
			inside, goOn := holdEnter(s, short)
			s.complete(stepDone)
			<-inside
			post(t, p, 7)
			p.Close()
			close(goOn)
			if k := g.one(t); k != 7 {
				t.Errorf("got packet %d", k)
			}
		})
	}
}

// So a newer waiter is not one that came before the watcher (C01).
func TestWatcherThatSubmitsIsReleasedInItsTurn(t *testing.T) { // C01
	p, s, as := newSourceAnd(t, 2, 2)
	older := as[0].park(t, p)
	s.startOps(1) // promotes the only waiter
	s.awaitWatch(t, as[0])
	s.complete(1)
	older.one(t)
	older = as[0].get(NoContext, p, 1, -1)
	s.startOps(2)
	s.awaitWatch(t, as[0])
	newer := as[1].park(t, p)
	inside, goOn := holdEnter(s, 0)
	s.complete(stepDone)
	<-inside
	post(t, p, 7)
	if k := newer.one(t); k != 7 {
		t.Errorf("the newer waiter got packet %d", k)
	}
	post(t, p, 8)
	close(goOn)
	if k := older.one(t); k != 8 {
		t.Errorf("the watcher got packet %d", k)
	}
}

// At the limit there is nothing for a watcher, and it does not keep asking a kernel that takes no more until
// its completions are reaped.
func TestWatcherAtTheLimitDoesNotAskABusyKernelForEver(t *testing.T) { // C03
	p, s, as := newSourceAnd(t, 1, 2)
	s.startOps(2)
	waiting := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	as[1].get(NoContext, p, 1, 0).fails(t, ErrTimeout) // and counts from now on (C09)
	s.setEnter(func(int, bool) (int, error) { return 0, nil })
	s.startOps(1)
	parks := p.Snapshot().Parks
	s.complete(5)
	until(t, "the watcher waits for its turn", func() bool { return p.Snapshot().Parks > parks })
	s.setEnter(nil)
	if k := as[1].take(t, p); k != 5 || waiting.over.Load() {
		t.Errorf("the running worker got packet %d", k)
	}
}
