// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"maps"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
)

func TestRulesAreOrderedAndDistinct(t *testing.T) {
	ids := IDs()
	if !slices.IsSorted(ids) {
		t.Errorf("the rules are not in the order of their ids: %v", ids)
	}
	seen := map[string]bool{}
	parts := map[string]int{}
	for _, g := range groups {
		for _, r := range g {
			name := r.id + "/" + r.part
			if seen[name] {
				t.Errorf("%s exists twice", name)
			}
			seen[name] = true
			parts[r.id]++
			if r.run == nil {
				t.Errorf("%s does nothing", name)
			}
		}
	}
	for id, n := range parts {
		if n > 1 && seen[id+"/"] {
			t.Errorf("%s has %d parts, one of them without a name", id, n)
		}
	}
}

func TestLimitsNameRules(t *testing.T) {
	for engine, list := range limits {
		for _, l := range list {
			id, part, _ := strings.Cut(l.rule, "/")
			known := slices.ContainsFunc(slices.Concat(groups...), func(r rule) bool { return r.id == id && (part == "" || r.part == part) })
			if !known || l.reason == "" {
				t.Errorf("limit of engine %s: %q for the reason %q; want an existing ID or ID/PART, and a reason", engine, l.rule, l.reason)
			}
		}
	}
	if got := Limits("no such engine"); len(got) != 0 {
		t.Errorf("an unknown engine has the limits %v", got)
	}
}

func TestLimitsAreSkipped(t *testing.T) {
	if _, err := warmUp(iocp.NewPort, here{}); err != nil {
		t.Skipf("ports do not work here: %v", err)
	}
	ran := map[string]bool{}
	run := func(name string) rule {
		id, part, _ := strings.Cut(name, "/")
		return rule{id: id, part: part, run: func(*scene) { ran[name] = true }}
	}
	st := &stage{limits: map[string]string{"A01": "whole", "A02/x": "part"}, quiet: watchTime()}
	for _, parts := range [][]rule{{run("A01")}, {run("A02/x"), run("A02/y")}, {run("A03")}} {
		t.Run(parts[0].id, func(t *testing.T) { st.test(t, parts) })
	}
	if want := map[string]bool{"A02/y": true, "A03": true}; !maps.Equal(ran, want) {
		t.Errorf("%v ran, want %v", ran, want)
	}
}

func TestLeaksCountsAndNames(t *testing.T) {
	before := inventory{goroutines: 3, files: map[string]string{"0": "tty", "5": "socket:[1]"}}
	for _, c := range []struct {
		now        inventory
		goroutines int
		files      []string
	}{
		{inventory{3, map[string]string{"0": "tty", "5": "socket:[1]"}}, 0, nil},
		{inventory{2, map[string]string{"0": "tty"}}, 0, nil},
		{inventory{3, map[string]string{"0": "tty", "5": "socket:[2]"}}, 0, nil},
		{inventory{5, map[string]string{"0": "tty", "5": "socket:[1]", "7": "pipe:[3]"}}, 2, []string{"7 = pipe:[3]"}},
	} {
		goroutines, files := before.leaks(c.now)
		if goroutines != c.goroutines || !slices.Equal(files, c.files) {
			t.Errorf("leaks(%v) = %d, %v; want %d, %v", c.now, goroutines, files, c.goroutines, c.files)
		}
	}
}

func TestInventorySeesOpenFiles(t *testing.T) {
	if openFiles() == nil {
		t.Skipf("there is no %s here", fdDir)
	}
	before := takeInventory()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	_, files := before.leaks(takeInventory())
	if len(files) != 1 || !strings.HasSuffix(files[0], os.DevNull) {
		t.Errorf("with %s open the leaks are %v", os.DevNull, files)
	}
	f.Close()
	if _, files = before.leaks(takeInventory()); len(files) != 0 {
		t.Errorf("with everything closed the leaks are %v", files)
	}
}

func TestWithin(t *testing.T) {
	s := newScene(t)
	if !s.within(time.Minute, func() {}) {
		t.Error("a function that returns is said to hang")
	}
	if !s.within(time.Minute, runtime.Goexit) {
		t.Error("a function that ends its goroutine is said to hang")
	}
	defer func(d time.Duration) { lastBreath = d }(lastBreath)
	lastBreath = 10 * time.Millisecond
	stop := make(chan struct{})
	if s.within(time.Millisecond, func() { <-stop }) {
		t.Error("a function that hangs is said to have returned")
	}
	s.breaker.Do(func() { close(s.broken) })
	if start := time.Now(); s.within(time.Hour, func() { <-stop }) || time.Since(start) > time.Minute {
		t.Error("after a panic the rest is waited for as if nothing had happened")
	}
	close(stop)
}

func TestWorkerTakesStepsInOrder(t *testing.T) {
	s := newScene(t)
	w := s.worker("W")
	var steps []int
	var done atomic.Int32
	for i := range 100 {
		w.do(func() {
			steps = append(steps, i)
			done.Add(1)
		})
	}
	s.until(func() bool { return done.Load() == 100 }, "the steps are done")
	for i, n := range steps {
		if i != n {
			t.Fatalf("step %d was taken as number %d", n, i)
		}
	}
	w.exit()
	s.strike()
}

func TestStrikeEndsWorkersAndUndoesBackwards(t *testing.T) {
	s := newScene(t)
	idle, busy := s.worker("never used"), s.worker("used")
	busy.do(func() {})
	var order []int
	for i := range 3 {
		s.later(func() { order = append(order, i) })
	}
	s.strike()
	for _, w := range []*worker{idle, busy} {
		select {
		case <-w.gone:
		default:
			t.Errorf("worker %s is there after the scene was struck", w.name)
		}
	}
	if !slices.Equal(order, []int{2, 1, 0}) {
		t.Errorf("undone in the order %v", order)
	}
}

func TestEventuallyGivesUp(t *testing.T) {
	s := newScene(t)
	start := time.Now()
	if s.eventually(10*time.Millisecond, func() bool { return false }) {
		t.Error("never is said to have happened")
	}
	if took := time.Since(start); took < 10*time.Millisecond {
		t.Errorf("gave up after %v", took)
	}
	n := 0
	if !s.eventually(time.Minute, func() bool { n++; return n == 10 }) {
		t.Error("gave up early")
	}
}

// misfortunes are rules that must not pass, and what is to be read about it.
var misfortunes = []struct {
	name string
	want string
	run  func(*scene)
}{
	{"fails", "the reason of the failure", func(s *scene) { s.fail("the reason of the failure") }},
	{"panics", "panic: the reason of the panic", func(*scene) { panic("the reason of the panic") }},
	{"hangs", "hangs: not over after", func(*scene) { select {} }},
	{"hangs-at-the-end", "hangs: closing ports", func(s *scene) { s.later(func() { select {} }) }},
	{"leaks-goroutine", "left behind: 1 goroutines", func(*scene) { go func() { select {} }() }},
	{"leaks-descriptor", "left behind: 1 descriptors", func(s *scene) { leaked, _ = os.Open(os.DevNull) }},
	{"fails-then-skips", "the reason of the failure", func(s *scene) {
		s.t.Error("the reason of the failure")
		s.skip("only the rest")
	}},
	{"worker-panics", "panic: of a worker", func(s *scene) {
		w := s.worker("W")
		w.do(func() { panic("of a worker") })
		w.exit()
	}},
}

// leaked keeps a file from being closed by the garbage collector.
var leaked *os.File

// inChild is set in the process that plays the misfortunes.
const inChild = "IOCPTEST_CHILD"

// run executes the test binary for one test that is meant to fail.
func runChild(t *testing.T, test string) (output string, failed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+test, "-test.v", "-test.timeout=5m",
		"-test.short="+strconv.FormatBool(testing.Short()))
	cmd.Env = append(os.Environ(), inChild+"=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err != nil
}

func TestMisfortunesAreReported(t *testing.T) {
	for _, m := range misfortunes {
		t.Run(m.name, func(t *testing.T) {
			out, failed := runChild(t, "^TestMisfortune$/^"+m.name+"$")
			if !failed || !strings.Contains(out, m.want) || !strings.Contains(out, "--- FAIL: TestMisfortune/"+m.name) {
				t.Errorf("want a failure that says %q, got\n%s", m.want, out)
			}
		})
	}
}

// TestMisfortune is what TestMisfortunesAreReported runs in a process of its own.
func TestMisfortune(t *testing.T) {
	if os.Getenv(inChild) == "" {
		t.Skip("fails on purpose; TestMisfortunesAreReported runs it and looks at the output")
	}
	ruleLimit, leakLimit = 200*time.Millisecond, 50*time.Millisecond
	for _, m := range misfortunes {
		t.Run(m.name, func(t *testing.T) { play(t, rule{run: m.run}, &stage{world: here{}, quiet: watchTime()}) })
	}
}

// TestWrongConcurrencyIsNoticed holds ports to the rules that do not do what Config says.
func TestWrongConcurrencyIsNoticed(t *testing.T) {
	if _, err := warmUp(iocp.NewPort, here{}); err != nil {
		t.Skipf("ports do not work here: %v", err)
	}
	for _, c := range []struct {
		name string
		ids  []string
	}{
		{"unlimited", []string{"C02", "C03", "C09", "C10", "C12"}},
		{"one", []string{"C01", "C02", "C12", "C14"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, failed := runChild(t, "^TestWrongConcurrency$/^"+c.name+"$/^("+strings.Join(c.ids, "|")+")$")
			for _, id := range c.ids {
				if !failed || !strings.Contains(out, "--- FAIL: TestWrongConcurrency/"+c.name+"/"+id) {
					t.Errorf("%s does not notice a concurrency value that is %s:\n%s", id, c.name, out)
				}
			}
		})
	}
}

// TestWrongConcurrency is what TestWrongConcurrencyIsNoticed runs in a process of its own.
func TestWrongConcurrency(t *testing.T) {
	if os.Getenv(inChild) == "" {
		t.Skip("fails on purpose; TestWrongConcurrencyIsNoticed runs it and looks at the output")
	}
	stepLimit = time.Second
	for name, n := range map[string]int{"unlimited": math.MaxInt32, "one": 1} {
		t.Run(name, func(t *testing.T) {
			TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
				c.Concurrency = n
				return iocp.NewPort(c)
			})
		})
	}
}
