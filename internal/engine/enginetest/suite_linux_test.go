// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp/internal/engine"
	"iocp/internal/engine/epoll"
)

// broken is an engine with a fault: the functions that are not nil stand in for its own.
type broken struct {
	engine.Engine
	reap    func(n int, buf []engine.Completion) int // looks at what the engine's Reap has returned
	pending func(n int) int
	ready   func(n int) int
	cancel  func(*engine.Op)
	forget  func(fd int32)
	work    func() bool
}

func (b *broken) Reap(buf []engine.Completion) int {
	n := b.Engine.Reap(buf)
	if b.reap != nil {
		n = b.reap(n, buf)
	}
	return n
}

func (b *broken) Pending() int {
	if b.pending != nil {
		return b.pending(b.Engine.Pending())
	}
	return b.Engine.Pending()
}

func (b *broken) Ready() int {
	if b.ready != nil {
		return b.ready(b.Engine.Ready())
	}
	return b.Engine.Ready()
}

func (b *broken) Cancel(op *engine.Op) {
	if b.cancel != nil {
		b.cancel(op)
		return
	}
	b.Engine.Cancel(op)
}

func (b *broken) Forget(fd int32) {
	if b.forget != nil {
		b.forget(fd)
		return
	}
	b.Engine.Forget(fd)
}

func (b *broken) Work() bool {
	if b.work != nil {
		return b.work()
	}
	return b.Engine.Work()
}

// faults are engines that break a promise, and a test that must notice.
var faults = []struct {
	name, test, want string
	fault            broken
}{
	{"none", "CountsOfOneOperation", "", broken{}},
	{"a wrong result", "RecvAndSend", "result 6, want 5", broken{reap: func(n int, buf []engine.Completion) int {
		for i := range buf[:n] {
			buf[i].Res++
		}
		return n
	}}},
	{"an end twice", "ReapIntoASmallBufferLeavesTheRest", "Reap = 1, true", broken{reap: twice()}},
	{"no order", "NopsEndInOrder", "is not of operation", broken{reap: func(n int, buf []engine.Completion) int {
		slices.Reverse(buf[:n])
		return n
	}}},
	{"too much pending", "CountsOfOneOperation", "pending 1", broken{pending: func(n int) int { return n + 1 }}},
	{"nothing ready", "ReadyCountsWhatReapFinds", "nothing to reap after", broken{ready: func(int) int { return 0 }}},
	{"no cancel", "CancelTakesNothingAway", "0 of 1 completions after", broken{cancel: func(*engine.Op) {}}},
	{"no forgetting", "NumberIsUsedAgainAfterForget", "0 of 1 completions after", broken{forget: func(int32) {}}},
	{"work for ever", "WorkIsFalseWhenNothingIsInFlight", "there is work", broken{work: func() bool { return true }}},
}

// twice returns the first completion again instead of the second.
func twice() func(int, []engine.Completion) int {
	var first engine.Completion
	return func(n int, buf []engine.Completion) int {
		if n > 0 && first.Op == nil {
			first = buf[0]
		} else if n > 0 {
			buf[0] = first
		}
		return n
	}
}

// recorder is a test whose failure is what is wanted.
type recorder struct {
	testing.TB
	failed   bool
	said     strings.Builder
	cleanups []func()
}

func (r *recorder) Helper()                      {}
func (r *recorder) Failed() bool                 { return r.failed }
func (r *recorder) Cleanup(f func())             { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Logf(string, ...any)          {}
func (r *recorder) Error(args ...any)            { r.fail(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.fail(fmt.Sprintf(f+"\n", args...)) }

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(f string, args ...any) {
	r.Errorf(f, args...)
	runtime.Goexit()
}

func (r *recorder) fail(s string) {
	r.failed = true
	r.said.WriteString(s)
}

// play runs one test of the suite.
func (r *recorder) play(test test, c *Config) {
	over := make(chan bool)
	go func() {
		defer close(over)
		test.run(newPort(r, c))
	}()
	<-over
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

func TestFaultsAreNoticed(t *testing.T) {
	if info := epoll.Probe(); !info.Available {
		t.Skip(info.Err)
	}
	defer func(d time.Duration) { patience = d }(patience)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			i := slices.IndexFunc(tests(), func(test test) bool { return test.name == f.test })
			if i < 0 {
				t.Fatalf("there is no test %s", f.test)
			}
			if f.want != "" {
				patience = 300 * time.Millisecond
			}
			r := &recorder{TB: t}
			r.play(tests()[i], &Config{New: func(testing.TB) (engine.Engine, Machine) {
				e, err := epoll.New()
				if err != nil {
					t.Error(err)
				}
				b := f.fault
				b.Engine = e
				return &b, nil
			}})
			if said := r.said.String(); r.failed != (f.want != "") || !strings.Contains(said, f.want) {
				t.Errorf("%s says %q, want %q", f.test, said, f.want)
			}
		})
	}
}

// Reasons to skip that nobody needs are noticed, too: a test may have got another name.
func TestNamesOfTestsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range tests() {
		if seen[test.name] || test.name == "" || test.run == nil {
			t.Errorf("%q stands there twice, or for nothing", test.name)
		}
		seen[test.name] = true
	}
}
