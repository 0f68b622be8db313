// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package spin_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"iocp/internal/engine/spin"
)

func TestOneHoldsItAtATime(t *testing.T) {
	const goroutines, rounds = 8, 2000
	var mu spin.Mutex
	var wg sync.WaitGroup
	n := 0
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n != goroutines*rounds {
		t.Errorf("counted %d, want %d", n, goroutines*rounds)
	}
}

func TestTryLockFailsWhileItIsHeld(t *testing.T) {
	var mu spin.Mutex
	if !mu.TryLock() {
		t.Fatal("a free lock was refused")
	}
	if mu.TryLock() {
		t.Error("a lock that is held was taken")
	}
	mu.Unlock()
	if !mu.TryLock() {
		t.Error("the lock is not free after Unlock")
	}
}

// What the runtime says of a goroutine is what a port goes by.
func TestWaitersReadAsRunnable(t *testing.T) {
	var mu spin.Mutex
	mu.Lock()
	done := make(chan struct{})
	go func() {
		mu.Lock()
		close(done)
		mu.Unlock()
	}()
	for seen := 0; seen < 100; runtime.Gosched() {
		state := stateInLock(t)
		if state == "" {
			continue // it has not come that far
		}
		if seen++; !strings.HasPrefix(state, "runnable") && !strings.HasPrefix(state, "running") {
			t.Fatalf("the waiter is in state %q", state)
		}
	}
	mu.Unlock()
	<-done
}

// stateInLock is the state of the goroutine that waits in Lock, or "".
func stateInLock(t *testing.T) string {
	t.Helper()
	buf := make([]byte, 1<<16)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if _, after, ok := strings.Cut(g, "["); ok && strings.Contains(g, "spin.(*Mutex).Lock") {
			state, _, _ := strings.Cut(after, "]")
			return state
		}
	}
	return ""
}

func ExampleMutex() {
	var shown struct {
		spin.Mutex
		n int
	}
	shown.Lock()
	shown.n++
	shown.Unlock()
	fmt.Println(shown.TryLock(), shown.TryLock())
	// Output: true false
}
