// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/probe"
)

func TestAnAnswerThatLastsIsKept(t *testing.T) {
	var once probe.Once[int]
	calls := 0
	ask := func(lasts bool) int {
		return once.Get(func() (int, bool) {
			calls++
			return calls, lasts
		})
	}
	for i, lasts := range []bool{false, false, true, false, true} {
		if got, want := ask(lasts), min(i+1, 3); got != want {
			t.Errorf("answer %d is number %d, want %d", i, got, want)
		}
	}
}

func TestOneInspectsWhileOthersWait(t *testing.T) {
	var once probe.Once[int]
	var wg sync.WaitGroup
	calls := 0
	for range 8 {
		wg.Go(func() {
			if got := once.Get(func() (int, bool) { calls++; return calls, true }); got != 1 {
				t.Errorf("answer %d", got)
			}
		})
	}
	wg.Wait()
}

// fake is an engine that completes what it is told to.
type fake struct {
	engine.Engine
	op  *engine.Op
	res int32
	n   int
	err error
}

func (f *fake) Name() string                          { return "fake" }
func (f *fake) Queue(op *engine.Op)                   { f.op = op }
func (f *fake) Publish() int                          { return 1 }
func (f *fake) Enter(n int, events bool) (int, error) { return n, f.err }
func (f *fake) Reap(buf []engine.Completion) int {
	buf[0] = engine.Completion{Op: f.op, Res: f.res}
	return f.n
}

func TestNopWantsACompletion(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		e    fake
		want string
	}{
		{"it completes", fake{n: 1}, ""},
		{"nothing comes", fake{}, "fake: a request that does nothing did not complete"},
		{"it fails", fake{n: 1, res: -1}, "fake: a request that does nothing did not complete"},
		{"the engine is broken", fake{n: 1, err: broken}, "broken"},
	} {
		err := probe.Nop(&c.e)
		if c.e.op == nil || c.e.op.Kind != engine.Nop {
			t.Errorf("%s: asked with %v", c.name, c.e.op)
		}
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func ExampleOnce() {
	var once probe.Once[string]
	inspect := func() (string, bool) {
		fmt.Println("inspecting")
		return "it works", true
	}
	fmt.Println(once.Get(inspect))
	fmt.Println(once.Get(inspect))
	// Output:
	// inspecting
	// it works
	// it works
}
