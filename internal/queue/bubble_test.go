// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"iocp/internal/worker"
)

// TestPortInABubble: a port that was made in a bubble needs nothing from outside, and leaves nothing
// there that the next bubble, or a port outside, would trip over.
func TestPortInABubble(t *testing.T) {
	outside := New(new(Workers[int]), 1)
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			var ws Workers[int]
			p := New(&ws, 1)
			if !p.bubble || !worker.InBubble() {
				t.Fatal("a bubble was not noticed")
			}
			if _, err := p.GetOne(NoContext, time.Hour); !errors.Is(err, ErrTimeout) {
				t.Errorf("Get with a timeout: %v", err)
			}
			blockedInABubble(t, p)
		})
	}
	if outside.bubble || worker.InBubble() {
		t.Error("there is no bubble here")
	}
	post(t, outside, 1)
	if k, err := outside.GetOne(NoContext, 0); k != 1 || err != nil {
		t.Errorf("outside: %d, %v", k, err)
	}
}

// blockedInABubble has the only worker allowed to run sleep after it has taken a packet: the monitor
// must release another one (C05).
func blockedInABubble(t *testing.T, p *Port[int]) {
	got := make(chan int, 2)
	for range 2 {
		go func() {
			for {
				k, err := p.GetOne(NoContext, -1)
				if err != nil {
					return
				}
				got <- k
				time.Sleep(time.Minute)
			}
		}()
	}
	synctest.Wait()
	begin := time.Now()
	post(t, p, 1)
	post(t, p, 2)
	if a, b := <-got, <-got; a != 1 || b != 2 {
		t.Errorf("got %d and %d", a, b)
	}
	if took := time.Since(begin); took >= time.Minute {
		t.Errorf("the second packet came after %v, when the first worker was back", took)
	}
	p.Close()
	time.Sleep(time.Hour) // else the workers would be left behind
}
