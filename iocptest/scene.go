// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
)

var (
	// ruleLimit is how long a rule may take before it counts as hanging.
	ruleLimit = 2 * time.Minute

	// stepLimit is how long anything that must happen may take. It is for machines with
	// much else to do; nothing waits for it to pass.
	stepLimit = 30 * time.Second

	// lastBreath is what a rule is given to end after a panic.
	lastBreath = time.Second
)

// watchTime is how long something that must not happen is watched.
func watchTime() time.Duration {
	if testing.Short() {
		return 5 * time.Millisecond
	}
	return 25 * time.Millisecond
}

// scene is what one rule runs in: its ports, its workers, its endpoints, and the way to
// report. The rule's function runs on a goroutine of its own, so that a hang can be told
// from a failure; fail and skip end that goroutine.
type scene struct {
	*stage
	t       *testing.T
	watched bool

	// over is set when nobody listens any more: the rule has been given up.
	over atomic.Bool

	// broken is closed by the first panic, after which nothing can be relied on.
	broken  chan struct{}
	breaker sync.Once

	mu      sync.Mutex
	reason  string
	ports   []*iocp.Port
	workers []*worker
	undo    []func()
}

// play runs r as the test t.
func play(t *testing.T, r rule, st *stage) {
	before := takeInventory()
	s := newScene(t)
	s.stage, s.watched = st, r.watched
	if !s.within(ruleLimit, func() { s.guard(func() { r.run(s) }) }) {
		s.over.Store(true)
		t.Fatalf("hangs: not over after %v\n%s", ruleLimit, stacks())
	}
	if !s.within(ruleLimit, s.strike) {
		s.over.Store(true)
		t.Fatalf("hangs: closing ports and endpoints and ending the workers takes more than %v\n%s", ruleLimit, stacks())
	}
	s.over.Store(true)
	if reason := s.skipped(); reason != "" {
		t.Skip(reason)
	}
	if !t.Failed() {
		before.compare(t)
	}
}

func newScene(t *testing.T) *scene {
	return &scene{t: t, broken: make(chan struct{})}
}

// within reports whether f, run on another goroutine, comes to its end in time. After
// a panic there is not much time left.
func (s *scene) within(d time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-done:
		return true
	case <-s.broken:
		limit.Reset(min(d, lastBreath))
	case <-limit.C:
		return false
	}
	select {
	case <-done:
		return true
	case <-limit.C:
		return false
	}
}

// guard runs f and reports a panic as a failure of the rule.
func (s *scene) guard(f func()) {
	defer func() {
		if v := recover(); v != nil && !s.over.Load() {
			s.t.Errorf("panic: %v\n%s", v, debug.Stack())
			s.breaker.Do(func() { close(s.broken) })
		}
	}()
	f()
}

// fail ends the rule, and the calling goroutine.
func (s *scene) fail(format string, args ...any) {
	s.t.Helper()
	if !s.over.Load() {
		s.t.Errorf(format, args...)
	}
	runtime.Goexit()
}

// skip ends the rule, and the calling goroutine, with a reason why the rest of it is not examined.
func (s *scene) skip(format string, args ...any) {
	s.mu.Lock()
	s.reason = fmt.Sprintf(format, args...)
	s.mu.Unlock()
	runtime.Goexit()
}

func (s *scene) skipped() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

// check fails unless ok.
func (s *scene) check(ok bool, format string, args ...any) {
	s.t.Helper()
	if !ok {
		s.fail(format, args...)
	}
}

// must fails if err is not nil; what says what was being done.
func (s *scene) must(err error, what string) {
	s.t.Helper()
	if err != nil {
		s.fail("%s: %v", what, err)
	}
}

// later registers f for the end of the rule; the last registered runs first.
func (s *scene) later(f func()) {
	s.mu.Lock()
	s.undo = append(s.undo, f)
	s.mu.Unlock()
}

// strike takes the scene down: everything registered is undone, the ports are closed, which
// ends every Get, and then the workers end.
func (s *scene) strike() {
	s.mu.Lock()
	undo, ports, workers := s.undo, s.ports, s.workers
	s.mu.Unlock()
	for i := len(undo) - 1; i >= 0; i-- {
		s.guard(undo[i])
	}
	for _, p := range ports {
		s.guard(func() { p.Close() })
	}
	for _, w := range workers {
		w.dismiss()
	}
	for _, w := range workers {
		<-w.gone
	}
}

// until waits, without sleeping, for cond to become true.
func (s *scene) until(cond func() bool, format string, args ...any) {
	s.t.Helper()
	if !s.eventually(stepLimit, cond) {
		s.fail("still not after %v: %s. %s", stepLimit, fmt.Sprintf(format, args...), s.states())
	}
}

// eventually reports whether cond becomes true in time. It yields, so that it can be
// used with one processor too.
func (s *scene) eventually(d time.Duration, cond func() bool) bool {
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > d || s.over.Load() {
			return false
		}
	}
	return true
}

// stays watches that cond is true and remains so.
func (s *scene) stays(cond func() bool, format string, args ...any) {
	s.t.Helper()
	for start := time.Now(); time.Since(start) < s.quiet; runtime.Gosched() {
		if !cond() {
			s.fail("must stay so and does not: %s. %s", fmt.Sprintf(format, args...), s.states())
		}
	}
}

// states describes the ports of the scene, for messages.
func (s *scene) states() string {
	s.mu.Lock()
	ports := s.ports
	s.mu.Unlock()
	var b strings.Builder
	for i, p := range ports {
		st := p.Stats()
		fmt.Fprintf(&b, "[port %d of %d: concurrency %d, queued %d, waiting %d, running %d, blocked %d, in flight %d] ",
			i+1, len(ports), p.Concurrency(), st.Queued, st.Waiting, st.Running, st.Blocked, st.InFlight)
	}
	return b.String()
}

// stacks returns the stacks of all goroutines.
func stacks() []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, true)]
}
