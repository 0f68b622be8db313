// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"

	"iocp/internal/worker"
)

// takeBatch makes a a worker of p that may leave requests to its next Get.
func takeBatch(t *testing.T, p *Port[int], a *actor) {
	t.Helper()
	for k := range 8 {
		post(t, p, k)
	}
	until(t, "a batch", a.get(NoContext, p, 8, -1).over.Load)
}

// A worker that starts more than one call of the kernel takes does not leave all of it to its next Get.
func TestAWorkerLeavesALimitedNumberOfRequests(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	takeBatch(t, p, as[0])
	most := 0
	as[0].do(t, func() {
		by := worker.Self()
		for range 100 * flushAt {
			p.Lock()
			s.queue(1)
			p.SubmitBy(by)
			p.Lock()
			if !p.busy { // the monitor is not submitting them
				most = max(most, int(s.unsubmitted()))
			}
			p.Unlock()
		}
	})
	if most <= 1 || most > flushAt+1 {
		t.Fatalf("%d requests were left at one time; want more than one, for a worker with a batch, and %d at most", most, flushAt+1)
	}
}

// What somebody else starts is submitted at once, whoever left Get last.
func TestRequestsOfOthersAreSubmittedAtOnce(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 2)
	takeBatch(t, p, as[0])
	as[0].do(t, func() {
		p.Lock()
		s.queue(1)
		p.SubmitBy(worker.Self()) // the port is the monitor's now
	})
	as[1].do(t, func() {
		p.Lock()
		s.queue(1)
		p.SubmitBy(worker.Self())
		p.Lock()
		defer p.Unlock()
		if n := s.unsubmitted(); n != 0 && !p.busy { // else the monitor is about to
			t.Errorf("%d requests not submitted", n)
		}
	})
}
