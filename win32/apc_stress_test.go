// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// TestEveryRoutineIsCalledOnce: many goroutines start reads with routines on one file, wait in all
// alertable ways, and cancel; others write, queue calls and cancel everything.
func TestEveryRoutineIsCalledOnce(t *testing.T) {
	h, far := openStream(t)
	port, ev := newTestPort(t, 0), newTestEvent(t, false)
	stop := make(chan struct{})
	var wg, noise sync.WaitGroup
	noise.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			far.Write([]byte("x"))
			SetEvent(ev)
			CancelIoEx(h, nil)
			PostQueuedCompletionStatus(port, 0, 0, nil)
		}
	})
	for range 8 {
		wg.Go(func() { startAndWait(t, h, port, ev) })
	}
	wg.Wait()
	close(stop)
	noise.Wait()
}

// startAndWait starts reads and waits until the routine of each was called.
func startAndWait(t *testing.T, h, port, ev HANDLE) {
	me := currentThreadOf(t)
	defer CloseHandle(me)
	id := GetCurrentThreadId()
	calls := make(map[*OVERLAPPED]int)
	routine := func(code Errno, n uint32, ov *OVERLAPPED) {
		if calls[ov]++; calls[ov] != 1 || id != GetCurrentThreadId() {
			t.Errorf("called %d times, by %d instead of %d", calls[ov], GetCurrentThreadId(), id)
		}
		if n > 1 || code != 0 && code != WSA_OPERATION_ABORTED {
			t.Errorf("called with %v, %d", code, n)
		}
	}
	started, queued, made := 0, 0, 0
	entries := make([]OVERLAPPED_ENTRY, 2)
	total := 300
	if raceEnabled {
		total = 100
	}
	for started < total || len(calls) < started || made < queued {
		if started < total {
			if err := ReadFileEx(h, make([]byte, 1), new(OVERLAPPED), routine); err != nil {
				t.Error(err)
				return
			}
			if started++; rand.IntN(4) == 0 {
				queued++
				QueueUserAPC(func(uintptr) { made++ }, me, 0)
			}
		}
		switch rand.IntN(6) {
		case 0:
			SleepEx(1, true)
		case 1:
			WaitForSingleObjectEx(ev, 1, true)
		case 2:
			WaitForMultipleObjectsEx([]HANDLE{ev, h, port}, rand.IntN(2) == 0, 1, true)
		case 3:
			GetQueuedCompletionStatusEx(port, entries, nil, 1, true)
		case 4:
			GetQueuedCompletionStatus(port, nil, nil, nil, 0)
		case 5:
			CancelIo(h)
		}
	}
}

// TestEventsOnPortsThatNobodyServes: several goroutines wait for operations with events on files
// of several ports, while others serve the ports now and then.
func TestEventsOnPortsThatNobodyServes(t *testing.T) {
	var wg sync.WaitGroup
	for range 3 {
		h, far := openStream(t)
		port := newTestPort(t, 1)
		if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
			t.Fatal(err)
		}
		for _, low := range []HANDLE{0, 1} {
			wg.Go(func() {
				event := newTestEvent(t, low == 0)
				for range 200 {
					ov := &OVERLAPPED{HEvent: event | low}
					if err := ReadFile(h, make([]byte, 1), nil, ov); err != nil && err != ERROR_IO_PENDING {
						t.Error(err)
						return
					}
					go far.Write([]byte("x"))
					if err := GetOverlappedResultEx(h, ov, nil, soon, false); err != nil {
						t.Error(err)
						return
					}
					if low == 0 {
						var got *OVERLAPPED
						if err := GetQueuedCompletionStatus(port, nil, nil, &got, soon); err != nil || got != ov {
							t.Errorf("packet of %p, %v", got, err)
							return
						}
					}
				}
			})
		}
	}
	wg.Wait()
}
