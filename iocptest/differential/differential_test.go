// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"iocp"
)

var (
	runTime = flag.Duration("differential.time", 0, "run random programs for this `time`; by default a second or two")
	engines = flag.String("differential.engines", "", "compare the first engine of this `list` with each of the others; by default all that work here")
	seed    = flag.Uint64("differential.seed", 0, "begin with the program of this `seed`; by default 1 in the short form, and the clock with -differential.time")
	length  = flag.Int("differential.steps", 120, "`number` of steps of a program")
	replay  = flag.String("differential.replay", "", "run this `program` alone, as a failure has printed it")
)

// TestEnginesAgree runs random programs on pairs of engines. The long form:
//
//	go test ./iocptest/differential -run EnginesAgree -timeout 0 -differential.time 10m -v
func TestEnginesAgree(t *testing.T) {
	names := enginesHere(t)
	if len(names) < 2 {
		t.Skipf("one engine, %q, works here, so there is none to compare it with", names)
	}
	before := descriptors()
	for _, other := range names[1:] {
		t.Run(names[0]+"-"+other, func(t *testing.T) { agree(t, names[0], other, len(names)-1) })
	}
	noneLeft(t, before)
}

// enginesHere lists the engines to compare.
func enginesHere(t *testing.T) (names []string) {
	if *engines != "" {
		return strings.Split(*engines, ",")
	}
	for _, e := range iocp.Engines() {
		if e.Err == nil {
			names = append(names, e.Name)
		} else {
			t.Logf("engine %s is refused here: %v", e.Name, e.Err)
		}
	}
	return names
}

func agree(t *testing.T, a, b string, pairs int) {
	t.Logf("engines %s and %s", a, b)
	if *replay != "" {
		p, err := Parse(*replay)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("\n%s", p.Listing())
		if err := disagreement(t, p, a, b, 0); err != nil {
			t.Error(err)
		}
		return
	}
	n, s := 0, firstSeed()
	for end := time.Now().Add(timeFor(pairs)); n == 0 || time.Now().Before(end); n++ {
		p := Random(s+uint64(n), *length)
		if err := disagreement(t, p, a, b, 0); err != nil {
			report(t, p, a, b, s+uint64(n), err)
			return
		}
	}
	t.Logf("%d programs of %d steps, with the seeds from %d on", n, *length, s)
}

func firstSeed() uint64 {
	switch {
	case *seed != 0:
		return *seed
	case *runTime > 0:
		return uint64(time.Now().UnixNano())
	}
	return 1
}

func timeFor(pairs int) time.Duration {
	switch {
	case *runTime > 0:
		return *runTime / time.Duration(pairs)
	case testing.Short():
		return 500 * time.Millisecond / time.Duration(pairs)
	}
	return 2 * time.Second / time.Duration(pairs)
}

// disagreement says what is different if p runs on the engines a and b.
func disagreement(t *testing.T, p Program, a, b string, limit time.Duration) error {
	ta, errA := runOn(t, p, a, limit)
	tb, errB := runOn(t, p, b, limit)
	return Compare(ta, tb, errA, errB)
}

func runOn(t *testing.T, p Program, engine string, limit time.Duration) (Trace, error) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	return Run(p, Config{Dir: dir, Limit: limit, NewPort: func(c iocp.Config) (*iocp.Port, error) {
		c.Engine = engine
		return iocp.NewPort(c)
	}})
}

// report shrinks the program and says how to run it again.
func report(t *testing.T, p Program, a, b string, seed uint64, err error) {
	t.Errorf("the program of seed %d with %d steps: %v", seed, *length, err)
	end := time.Now().Add(time.Minute)
	small := Shrink(p, func(q Program) bool {
		return time.Now().Before(end) && disagreement(t, q, a, b, 2*time.Second) != nil
	})
	t.Errorf("the same in short, if it shows each time: %v\n%s\nto run it again:\n"+
		"  go test ./iocptest/differential -run EnginesAgree -differential.engines %s,%s -differential.replay %s",
		disagreement(t, small, a, b, 2*time.Second), small.Listing(), a, b, small)
}

// descriptors counts what is open, or returns 0 where that cannot be counted.
func descriptors() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}

// noneLeft waits for what is being closed. Go's poller and the first port keep some for good.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	if t.Failed() {
		return
	}
	const forGood = 8
	for start := time.Now(); ; runtime.Gosched() {
		n, files := runtime.NumGoroutine(), descriptors()
		if n < 20 && files <= before+forGood {
			return
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%d goroutines and %d descriptors are left, of %d at first", n, files, before)
		}
	}
}

func TestProgramsArePrintedAndParsed(t *testing.T) {
	for seed := range uint64(50) {
		p := Random(seed, int(seed))
		q, err := Parse(p.String())
		if err != nil || fmt.Sprint(p) != fmt.Sprint(q) {
			t.Fatalf("%v is read as %v, %v", p, q, err)
		}
	}
	for _, s := range []string{"x", "0102", "01020304"} {
		if _, err := Parse(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestProgramsOfOneSeedAreTheSame(t *testing.T) {
	if a, b := Random(7, 30), Random(7, 30); a.String() != b.String() {
		t.Errorf("two programs of one seed: %v and %v", a, b)
	}
	if a, b := Random(7, 30), Random(8, 30); a.String() == b.String() {
		t.Error("the seed makes no difference")
	}
}

func TestShrinkFindsTheSteps(t *testing.T) {
	p := Random(1, 200)
	p.Takers, p.Concurrency = 3, 3
	want := [2]Step{p.Steps[17], p.Steps[130]}
	has := func(q Program, s Step) bool {
		for _, x := range q.Steps {
			if x == s {
				return true
			}
		}
		return false
	}
	got := Shrink(p, func(q Program) bool { return has(q, want[0]) && has(q, want[1]) && q.Takers > 0 })
	if len(got.Steps) != 2 || got.Steps[0] != want[0] || got.Steps[1] != want[1] || got.Takers != 3 || got.Concurrency != 0 {
		t.Errorf("shrunk to %v", got.Listing())
	}
}

func TestCompare(t *testing.T) {
	broken := fmt.Errorf("broken")
	for _, tt := range []struct {
		a, b       Trace
		errA, errB error
		want       string
	}{
		{Trace{"x", "y"}, Trace{"x", "y"}, nil, nil, ""},
		{Trace{"x", "y"}, Trace{"x", "z"}, nil, nil, "y\n  z"},
		{Trace{"x"}, Trace{"x", "z"}, nil, nil, "1 and 2 steps"},
		{Trace{"x"}, Trace{"x"}, broken, nil, "first engine: broken"},
		{Trace{"x"}, Trace{"x"}, nil, broken, "second engine: broken"},
	} {
		err := Compare(tt.a, tt.b, tt.errA, tt.errB)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Compare(%q, %q, %v, %v) = %v, want %q", tt.a, tt.b, tt.errA, tt.errB, err, tt.want)
		}
	}
}
