// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"iocp/internal/worker"
)

// Where the state of goroutines cannot be read (another compiler, a runtime to come), a port
// still works, with a guess instead of a look. A process in which nobody has called
// worker.Calibrate is in that state, so the tests below run in one of their own.
const unknownEnv = "QUEUE_TEST_UNKNOWN_STATE"

func TestUnknownStateOfWorkers(t *testing.T) {
	if os.Getenv(unknownEnv) != "" {
		t.Skip("this is the process the test started")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestUnknownChild$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), unknownEnv+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnknownChild(t *testing.T) {
	if os.Getenv(unknownEnv) == "" {
		t.Skip("only runs in a process started by TestUnknownStateOfWorkers")
	}
	t.Run("waiter is released for a blocked worker", unknownRelease)
	t.Run("stream of posts keeps flowing", unknownStream)
	t.Run("Blocking is exact", unknownBlocking)
	t.Run("Leave is exact", unknownLeave)
	if worker.Known() {
		t.Fatal("somebody has calibrated: nothing was shown")
	}
}

// unknownPort is New without the calibration.
func unknownPort(t *testing.T, limit, n int) (*Port[int], []*actor) {
	p := &Port[int]{ws: new(Workers[int]), max: limit}
	return p, actors(t, n)
}

func unknownRelease(t *testing.T) {
	p, as := unknownPort(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	start := time.Now()
	as[0].start(func() { <-as[0].gate })
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	took := time.Since(start)
	t.Logf("released after %v", took)
	if took > time.Second {
		t.Errorf("released after %v; %v is when it may guess", took, unknownAfter)
	}
	as[0].unblock(t)
	p.Close()
}

func unknownStream(t *testing.T) {
	p, as := unknownPort(t, 1, 2)
	post(t, p, 0)
	as[0].take(t, p)
	as[0].start(func() { <-as[0].gate })
	for k := 1; k <= 20; k++ { // as[1] never blocks, and gets everything
		post(t, p, k)
		if got := as[1].take(t, p); got != k {
			t.Fatalf("got packet %d, want %d", got, k)
		}
	}
	as[0].unblock(t)
	p.Close()
}

func unknownBlocking(t *testing.T) {
	p, as := unknownPort(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	var hold gate
	as[0].start(func() { p.Blocking(hold.spin) })
	g.one(t)
	hold.open()
	until(t, "Blocking returns", as[0].idle)
	if n := p.Snapshot().Running; n != 2 {
		t.Fatalf("%d workers run, want 2", n)
	}
	p.Close()
}

func unknownLeave(t *testing.T) {
	p, as := unknownPort(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].do(t, p.Leave)
	g.one(t)
	p.Close()
}
