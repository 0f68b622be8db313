// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package inflight_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
)

// request is what an engine has.
type request struct {
	inflight.Request[request]
	op  *engine.Op
	res int32
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{}

func insert(t *inflight.Table[request], op *engine.Op) *request {
	r := t.Insert(op)
	r.op = op
	return r
}

func requests(n int) []*request {
	var t inflight.Table[request]
	all := make([]*request, n)
	for i := range all {
		all[i] = insert(&t, new(engine.Op))
	}
	return all
}

func TestRequestsAreUsedAgain(t *testing.T) {
	var table inflight.Table[request]
	ops := make([]engine.Op, 8)
	first := make(map[*request]uint32)
	for i := range ops {
		r := insert(&table, &ops[i])
		first[r] = r.Generation()
		if ops[i].Slot != uint32(i) || table.Of(&ops[i]) != r {
			t.Fatalf("operation %d is in place %d", i, ops[i].Slot)
		}
	}
	for i := range ops {
		table.Remove(table.Of(&ops[i]))
	}
	if n := table.InFlight(); n != 0 {
		t.Fatalf("%d in flight", n)
	}
	for i := range ops {
		r := insert(&table, &ops[i])
		gen, ok := first[r]
		if !ok {
			t.Fatal("the table has grown although all its requests were free")
		}
		if delete(first, r); gen == r.Generation() || r.Next() != nil {
			t.Errorf("generation %d is the earlier operation's", gen)
		}
	}
	if n := table.InFlight(); n != len(ops) {
		t.Errorf("%d in flight, want %d", n, len(ops))
	}
}

// Random pushes, pops and removals, and what a slice makes of the same.
func TestListKeepsOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var l inflight.List[request]
	var want []*request
	free := requests(16)
	for range 5000 {
		switch n := rnd.IntN(4); {
		case n < 2 && len(free) > 0:
			l.Push(free[0])
			want, free = append(want, free[0]), free[1:]
		case n == 2 && len(want) > 0:
			if r := l.Pop(); r != want[0] {
				t.Fatal("what came first does not go first")
			}
			want, free = want[1:], append(free, want[0])
		case n == 3 && len(want) > 0:
			i := rnd.IntN(len(want))
			l.Remove(want[i])
			free = append(free, want[i])
			want = slices.Delete(slices.Clone(want), i, i+1)
		}
		if got := walk(l.Head()); !slices.Equal(got, want) || l.Len() != len(want) {
			t.Fatalf("%d of %d requests are there, or in another order", len(got), len(want))
		}
	}
}

func walk(r *request) (all []*request) {
	for ; r != nil; r = r.Next() {
		all = append(all, r)
	}
	return all
}

func TestChainKeepsOrder(t *testing.T) {
	all := requests(6)
	var a, b inflight.Chain[request]
	a.Append(&b) // nothing to nothing
	for i, r := range all {
		if i < 3 {
			b.Push(r)
		} else {
			a.Push(r)
		}
	}
	b.Append(&a)
	a.Append(&b)
	if b.Head() != nil || b.Len() != 0 || !slices.Equal(walk(a.Head()), all) || a.Len() != len(all) {
		t.Fatalf("%d and %d requests after Append, or in another order", a.Len(), b.Len())
	}
	for i := range all {
		if r := a.Pop(); r != all[i] || a.Len() != len(all)-1-i {
			t.Fatalf("request %d: %d are left, or it is another one", i, a.Len())
		}
	}
	a.Push(all[0])
	if got := walk(a.Head()); !slices.Equal(got, all[:1]) {
		t.Error("a chain that was emptied is not empty")
	}
}

// entered is what an Enter of n finds.
func entered(s *inflight.Submissions[request], n int) (ops, cancels []*request) {
	for len(ops) < n {
		r := s.Next()
		if r == nil {
			break
		}
		ops = append(ops, r)
	}
	for len(ops)+len(cancels) < n {
		r, _ := s.NextCancel()
		if r == nil {
			break
		}
		cancels = append(cancels, r)
	}
	s.Entered(len(ops) + len(cancels))
	return ops, cancels
}

func TestWhatIsPublishedIsEntered(t *testing.T) {
	all := requests(4)
	var s inflight.Submissions[request]
	for _, r := range all[:3] {
		s.Queue(r)
	}
	if n := s.Publish(); n != 3 || s.Len() != 3 {
		t.Fatalf("published %d, %d pending", n, s.Len())
	}
	s.Queue(all[3])
	if ops, _ := entered(&s, 3); !slices.Equal(ops, all[:3]) || s.Len() != 1 {
		t.Fatalf("entered %d, %d pending", len(ops), s.Len())
	}
	if r := s.Next(); r != nil {
		t.Error("an operation was entered that is not published")
	}
	for _, r := range all[:2] {
		s.Cancel(r)
	}
	if n := s.Publish(); n != 3 {
		t.Fatalf("published %d, want an operation and two cancels", n)
	}
	ops, cancels := entered(&s, 2)
	if !slices.Equal(ops, all[3:]) || !slices.Equal(cancels, all[:1]) || s.Len() != 1 {
		t.Fatalf("entered %d and %d, %d pending", len(ops), len(cancels), s.Len())
	}
	s.Cancel(all[2])
	if n := s.Publish(); n != 2 {
		t.Fatalf("published %d, want what was left and a cancel", n)
	}
	if _, cancels = entered(&s, 2); !slices.Equal(cancels, all[1:3]) || s.Len() != 0 {
		t.Errorf("%d cancels, %d pending", len(cancels), s.Len())
	}
	if r, _ := s.NextCancel(); r != nil {
		t.Error("a cancel was entered twice")
	}
}

func TestCancelBeforePublishKillsTheRequest(t *testing.T) {
	r := requests(2)
	var s inflight.Submissions[request]
	s.Queue(r[0])
	s.Queue(r[1])
	s.Cancel(r[0])
	s.Publish()
	s.Cancel(r[1])
	if !r[0].Dead() || r[1].Dead() {
		t.Errorf("dead: %v and %v, want the first alone", r[0].Dead(), r[1].Dead())
	}
}

func TestACancelIsKeptOnceAtATime(t *testing.T) {
	r := requests(1)[0]
	var s inflight.Submissions[request]
	s.Queue(r)
	entered(&s, s.Publish())
	for range 100 {
		s.Cancel(r)
	}
	if s.Len() != 1 {
		t.Fatalf("%d cancels of one operation", s.Len())
	}
	entered(&s, s.Publish())
	if s.Cancel(r); s.Len() != 1 {
		t.Error("it cannot be cancelled again")
	}
}

// The request is another operation's by the time the cancel is published.
func TestCancelsOfWhatIsOverAreLeftOut(t *testing.T) {
	var table inflight.Table[request]
	var s inflight.Submissions[request]
	var a, b engine.Op
	r := insert(&table, &a)
	s.Queue(r)
	entered(&s, s.Publish())
	s.Cancel(r)
	table.Remove(r)
	if insert(&table, &b) != r {
		t.Fatal("the request was not used again")
	}
	s.Queue(r)
	if n := s.Publish(); n != 1 {
		t.Fatalf("published %d, want the operation alone", n)
	}
	if ops, cancels := entered(&s, 2); len(ops) != 1 || len(cancels) != 0 || r.Dead() {
		t.Error("the cancel reached another operation")
	}
	if s.Cancel(r); s.Publish() != 1 {
		t.Error("the new operation cannot be cancelled")
	}
	r, gen := s.NextCancel()
	if r == nil || gen != r.Generation() {
		t.Error("the cancel is of another generation")
	}
}

// A reserved operation is started by others: nothing has to publish it, and a cancel does not kill it.
func TestReservedOperationsAreNotEarly(t *testing.T) {
	r := requests(1)[0]
	var s inflight.Submissions[request]
	s.Reserve(r)
	if s.Cancel(r); r.Dead() || s.Publish() != 1 {
		t.Error("a reserved operation was taken for one that waits for Publish")
	}
}

func TestFinishedAreTakenOldestFirst(t *testing.T) {
	all := requests(7)
	var f inflight.Finished[request]
	var c inflight.Chain[request]
	if f.Append(&c); f.Take(3) != nil || f.Len() != 0 {
		t.Fatal("something came from nothing")
	}
	for _, r := range all[:5] {
		c.Push(r)
	}
	f.Append(&c)
	f.Push(all[5])
	f.Push(all[6])
	if f.Take(0) != nil || f.Len() != len(all) || c.Len() != 0 {
		t.Fatalf("%d are there, and %d left behind", f.Len(), c.Len())
	}
	for _, part := range [][]*request{all[:1], all[1:4], all[4:7]} {
		if got := walk(f.Take(len(part))); !slices.Equal(got, part) {
			t.Fatalf("took %d, want %d, or they are others", len(got), len(part))
		}
	}
	f.Push(all[0])
	if got := walk(f.Take(100)); !slices.Equal(got, all[:1]) || f.Len() != 0 {
		t.Error("a queue that was emptied is not empty")
	}
}

// Several make completions while one reaps: each comes once, and nobody waits for ever.
func TestFinishedIsSafeForConcurrentUse(t *testing.T) {
	const producers, each = 4, 500
	all := requests(producers * each)
	var f inflight.Finished[request]
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			var c inflight.Chain[request]
			for i, r := range all[p*each : (p+1)*each] {
				if r.res = 1; i%3 == 0 {
					f.Push(r)
					continue
				}
				if c.Push(r); i%5 == 0 {
					f.Append(&c)
				}
			}
			f.Append(&c)
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	seen := 0
	count := func() {
		for r := f.Take(7); r != nil; seen++ {
			next := r.Next()
			if r.res--; r.res != 0 {
				t.Error("a request came twice")
			}
			r = next
		}
	}
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			runtime.Gosched()
		}
		count()
	}
	for f.Len() > 0 {
		count()
	}
	if seen != len(all) {
		t.Errorf("%d of %d came", seen, len(all))
	}
}

// Nothing is allocated once the table has grown.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	var table inflight.Table[request]
	var s inflight.Submissions[request]
	var over inflight.Finished[request]
	ops := make([]engine.Op, 16)
	round := func() {
		for i := range ops {
			s.Queue(insert(&table, &ops[i]))
		}
		for i := range ops {
			s.Cancel(table.Of(&ops[i]))
		}
		s.Publish()
		n := 0
		for r := s.Next(); r != nil; r = s.Next() {
			over.Push(r)
			n++
		}
		for r, _ := s.NextCancel(); r != nil; r, _ = s.NextCancel() {
			n++
		}
		s.Entered(n)
		for r := over.Take(len(ops)); r != nil; {
			next := r.Next()
			r.op = nil
			table.Remove(r)
			r = next
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations a round", n)
	}
	if s.Len() != 0 || table.InFlight() != 0 || over.Len() != 0 {
		t.Errorf("%d pending, %d in flight, %d over", s.Len(), table.InFlight(), over.Len())
	}
}

// What an engine does with an operation.
func Example() {
	var table inflight.Table[request]
	var submissions inflight.Submissions[request]
	var over inflight.Finished[request]

	op := &engine.Op{Kind: engine.Nop}
	r := table.Insert(op) // Queue
	r.op = op
	submissions.Queue(r)
	fmt.Println("to submit:", submissions.Publish())

	for r := submissions.Next(); r != nil; r = submissions.Next() { // Enter
		r.res = 7
		over.Push(r)
		submissions.Entered(1)
	}
	fmt.Println("to reap:", over.Len())

	for r := over.Take(16); r != nil; { // Reap
		next := r.Next()
		fmt.Println(r.op.Kind, "ended with", r.res)
		r.op = nil
		table.Remove(r)
		r = next
	}
	fmt.Println("in flight:", table.InFlight())
	// Output:
	// to submit: 1
	// to reap: 1
	// nop ended with 7
	// in flight: 0
}
