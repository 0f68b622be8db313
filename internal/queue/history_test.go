// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp/internal/worker"
)

// A history is a sequence of random steps, each made by a real goroutine on a real port and
// by the model. After every step the two must come to agree on who got what, who waits, what
// is queued and how many run. A step is chosen by the model's state and the seed alone, so
// a seed gives the same history every time.
type history struct {
	t     *testing.T
	rng   *rand.Rand
	seed  uint64
	steps []string
	next  int // the packet to be posted next

	ports  []*Port[int]
	models []*modelPort
	roles  []*role
}

// A role is an actor and its model.
type role struct {
	name   int
	a      *actor
	m      *modelWorker
	get    *got
	seen   bool // the outcome of get has been compared
	cancel context.CancelFunc
	forced bool   // get can be made to time out
	resume func() // ends what blocks the actor, nil if nothing does
}

func TestRandomHistoriesAgreeWithTheModel(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	n := 300
	switch {
	case *longFlag:
		n = 5000
	case testing.Short():
		n = 60
	}
	t.Logf("first seed %d: repeat a history with -seed", seed)
	for i := range n {
		runHistory(t, seed+uint64(i), 40)
	}
}

func runHistory(t *testing.T, seed uint64, steps int) {
	h := &history{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), next: 1}
	defer h.end()
	ws := new(Workers[int])
	for range 2 {
		limit := 1 + h.rng.IntN(3)
		h.ports = append(h.ports, New(ws, limit))
		h.models = append(h.models, &modelPort{max: limit})
	}
	for i := range 2 + h.rng.IntN(5) {
		h.roles = append(h.roles, &role{name: i, a: newActor(t), m: new(modelWorker)})
	}
	for range steps {
		h.step()
		h.settle()
	}
}

func (h *history) log(format string, args ...any) {
	h.steps = append(h.steps, fmt.Sprintf(format, args...))
}

// port chooses a port, mostly the first.
func (h *history) port() int { return h.rng.IntN(5) / 4 }

func (h *history) step() {
	r := h.roles[h.rng.IntN(len(h.roles))]
	switch c := h.rng.IntN(100); {
	case c < 30:
		h.post(r)
	case c < 33 && h.rng.IntN(8) == 0:
		h.closePort()
	case r.m.waiting:
		h.disturb(r)
	case r.resume != nil:
		h.log("worker %d resumes", r.name)
		r.resume()
		r.resume = nil
		r.m.resume()
	case c < 75:
		h.getStep(r)
	case c < 90:
		h.obstruct(r)
	case c < 95:
		h.log("worker %d leaves port 0", r.name)
		r.a.do(h.t, h.ports[0].Leave)
		if r.m.port == h.models[0] {
			r.m.leave()
		}
	default:
		h.log("worker %d ends", r.name)
		r.a.exit(h.t)
		r.m.leave()
		r.a, r.m, r.get = newActor(h.t), new(modelWorker), nil
	}
}

// post posts one or several packets, from outside or by a worker that runs.
func (h *history) post(r *role) {
	i := h.port()
	n := 1 + h.rng.IntN(3)/2*h.rng.IntN(4)
	if slices.ContainsFunc(h.roles, func(r *role) bool { return r.m.waiting && r.m.want > 1 }) {
		n = 1 // a batch that is on its way out takes what it finds of a burst, or not (E03)
	}
	inside := r.a.idle() && !r.m.waiting && r.resume == nil && h.rng.IntN(2) == 0
	h.log("post %d packets from %d to port %d (by a worker: %v)", n, h.next, i, inside)
	for range n {
		var err error
		if k := h.next; inside {
			r.a.do(h.t, func() { err = h.ports[i].Post(k) })
		} else {
			err = h.ports[i].Post(k)
		}
		if closed := h.models[i].closed; closed != (err == ErrClosed) || !closed && err != nil {
			h.fail("Post returned %v", err)
		}
		if err == nil {
			h.models[i].insert(h.next)
		}
		h.next++
	}
}

func (h *history) getStep(r *role) {
	i, size := h.port(), 1+h.rng.IntN(4)/3*h.rng.IntN(5)
	timeout, forced := time.Duration(-1), false
	switch h.rng.IntN(10) {
	case 0, 1:
		timeout = 0
	case 2:
		timeout = time.Duration(1+h.rng.IntN(1000)) * time.Microsecond
	case 3, 4:
		timeout, forced = time.Hour, true
	}
	ctx := context.Context(nil)
	if r.cancel = nil; h.rng.IntN(4) == 0 {
		ctx, r.cancel = context.WithCancel(context.Background())
	}
	h.log("worker %d gets %d from port %d, timeout %v, ctx %v", r.name, size, i, timeout, ctx != nil)
	r.get, r.seen, r.forced = r.a.get(ctx, h.ports[i], size, timeout), false, forced
	over := r.m.remove(h.models[i], size, timeout == 0)
	if !over && timeout > 0 && !forced {
		r.m.giveUp(ErrTimeout)
	}
}

// disturb ends the wait of a worker without a packet, if it can be ended.
func (h *history) disturb(r *role) {
	i := slices.Index(h.models, r.m.port)
	switch {
	case r.cancel != nil && h.rng.IntN(2) == 0:
		h.log("worker %d: context cancelled", r.name)
		r.cancel()
		r.m.giveUp(context.Canceled)
	case r.forced:
		h.log("worker %d: time is up", r.name)
		p := h.ports[i]
		r.a.awaitParked(h.t, p)
		w := p.ws.find(r.a.id)
		p.mu.Lock()
		w.deadline = 1
		p.mu.Unlock()
		w.fire()
		r.m.giveUp(ErrTimeout)
	}
}

// obstruct makes a worker block, in one of several ways.
func (h *history) obstruct(r *role) {
	i := h.port()
	if h.rng.IntN(2) == 0 {
		h.log("worker %d blocks", r.name)
		r.a.block(h.t)
		r.resume = func() { r.a.unblock(h.t) }
		r.m.block()
		return
	}
	h.log("worker %d calls Blocking of port %d", r.name, i)
	entered, release := make(chan struct{}), new(gate)
	r.a.start(func() {
		h.ports[i].Blocking(func() { close(entered); release.spin() })
	})
	<-entered
	r.resume = func() {
		release.open()
		until(h.t, "Blocking returns", r.a.idle)
	}
	if r.m.port == h.models[i] {
		r.m.block()
	}
}

func (h *history) closePort() {
	i := h.port()
	if h.models[i].closed {
		return
	}
	h.log("close port %d", i)
	var all []*modelWorker
	for _, r := range h.roles {
		all = append(all, r.m)
	}
	want := h.models[i].close(all)
	if n := len(h.ports[i].Close()); n != want {
		h.fail("Close dropped %d packets, want %d", n, want)
	}
}

// settle waits until port and model agree. What is given to a worker stays given, so a wrong
// delivery can never come to agree.
func (h *history) settle() {
	var diff string
	for start := time.Now(); ; runtime.Gosched() {
		if diff = h.diff(); diff == "" {
			return
		}
		if time.Since(start) > patience {
			h.fail("%s", diff)
		}
	}
}

// diff tells one difference between port and model.
func (h *history) diff() string {
	for _, r := range h.roles {
		if d := r.diff(h); d != "" {
			return fmt.Sprintf("worker %d: %s", r.name, d)
		}
	}
	for i, p := range h.ports {
		m, s := h.models[i], p.Snapshot()
		if s.Queued != len(m.packets) || s.Waiting != len(m.waiters) {
			return fmt.Sprintf("port %d: %d packets queued and %d workers waiting, want %d and %d",
				i, s.Queued, s.Waiting, len(m.packets), len(m.waiters))
		}
		if n := effective(p); n != m.cur {
			return fmt.Sprintf("port %d: %d workers run, want %d", i, n, m.cur)
		}
	}
	return ""
}

func (r *role) diff(h *history) string {
	if r.get == nil || r.seen {
		return ""
	}
	over := r.get.over.Load()
	if r.m.waiting {
		if over {
			return fmt.Sprintf("got %v, error %v, but shall wait", r.get.packets, r.get.err)
		}
		if i := slices.Index(h.models, r.m.port); !r.a.waits(h.ports[i]) {
			return "does not wait"
		}
		return ""
	}
	if !over || !r.a.idle() {
		return fmt.Sprintf("has not come back with %v, error %v", r.m.got, r.m.err)
	}
	if !slices.Equal(r.get.packets, r.m.got) || r.get.err != r.m.err {
		return fmt.Sprintf("got %v, error %v, want %v, error %v", r.get.packets, r.get.err, r.m.got, r.m.err)
	}
	r.seen = true
	return ""
}

// effective is the number of running workers that the port would find if it looked now.
func effective(p *Port[int]) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, w := range p.running {
		if s := w.id.State(); w.waking.Load() || s != worker.Blocked && s != worker.Exited {
			n++
		}
	}
	for _, w := range p.blocked {
		if !w.lent && w.id.State() == worker.Active {
			n++
		}
	}
	return n
}

func (h *history) fail(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("seed %d, after\n  %s\n%s", h.seed, strings.Join(h.steps, "\n  "), fmt.Sprintf(format, args...))
}

// end closes the ports and lets every goroutine go.
func (h *history) end() {
	for _, p := range h.ports {
		p.Close()
	}
	for _, r := range h.roles {
		if r.resume != nil {
			r.resume()
		}
		if r.cancel != nil {
			r.cancel()
		}
		if !h.t.Failed() {
			r.a.exit(h.t)
		}
	}
}
