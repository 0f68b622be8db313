// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// bell is a context that costs nothing to wait with.
type bell struct {
	context.Context
	rung atomic.Bool
}

var errRung = errors.New("rung")

func (b *bell) Done() <-chan struct{} { return nil }

func (b *bell) Err() error {
	if b.rung.Load() {
		return errRung
	}
	return nil
}

func TestAlertEndsTheWaitWithItsContext(t *testing.T) {
	p, as := newPortAnd(t, 2, 2)
	b := &bell{Context: context.Background()}
	for _, d := range []time.Duration{-1, time.Hour} {
		b.rung.Store(false)
		other := as[1].get(NoContext, p, 1, d)
		as[1].awaitParked(t, p)
		g := as[0].get(b, p, 1, d)
		as[0].awaitParked(t, p)
		b.rung.Store(true)
		p.Alert(as[1].id, b) // waits with no context
		p.Alert(as[0].id, &bell{Context: context.Background()})
		if g.over.Load() || other.over.Load() {
			t.Fatal("an alert ended a wait with another context")
		}
		p.Alert(as[0].id, b)
		g.fails(t, errRung)
		p.Alert(as[0].id, b) // too late
		as[0].get(b, p, 1, -1).fails(t, errRung)
		as[0].get(NoContext, p, 1, 0).fails(t, ErrTimeout)
		post(t, p, 1)
		other.one(t)
	}
}

func TestAlertOfAStranger(t *testing.T) {
	p, _ := newPortAnd(t, 1, 0)
	stranger := newActor(t)
	p.Alert(stranger.id, context.Background())
	post(t, p, 1)
	if stranger.take(t, p) != 1 {
		t.Error("the wrong packet")
	}
}
