// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync"
	"time"
)

// waitable is an object that has a state to wait for: events, files, ports, threads.
type waitable interface {
	ready() bool // the state is set
	take() bool  // it is set, and a wait is satisfied by that
	giveBack()   // a wait was not, after all

	join(*waiter)
	leave(*waiter)

	// look brings the state up to date where nobody else may do so, and reports whether
	// a waiter has to call it again and again.
	look() bool
}

// waiter is a goroutine that waits for one or more objects. wake holds at most one value, which
// says: look again.
type waiter struct {
	wake    chan struct{}
	timer   *time.Timer
	objects []waitable
}

var waiters = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &waiter{wake: make(chan struct{}, 1), timer: t}
}}

func newWaiter() *waiter { return waiters.Get().(*waiter) }

// free gives w back. It is on no list any more, so nobody notifies it.
func (w *waiter) free() {
	select {
	case <-w.wake:
	default:
	}
	clear(w.objects)
	w.objects = w.objects[:0]
	waiters.Put(w)
}

func (w *waiter) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Pauses between looks at what nobody tells of.
const (
	firstPause = 20 * time.Microsecond
	lastPause  = time.Millisecond
)

// wait waits, up to ms milliseconds, until one of the objects is set, or all are, and returns a
// result of WaitForMultipleObjectsEx. t, unless it is nil, is the calling goroutine, which
// waits alertably. An object that is set already comes before a call that is queued, and that
// before the timeout.
func (w *waiter) wait(all bool, ms uint32, t *thread) uint32 {
	w.look()
	if i, ok := w.satisfied(all); ok {
		return i
	}
	if t != nil && t.makeCalls() {
		return uint32(WAIT_IO_COMPLETION)
	}
	if ms == 0 {
		return uint32(WAIT_TIMEOUT)
	}
	reason := w.park(all, ms, t)
	if reason == uint32(WAIT_IO_COMPLETION) {
		t.makeCalls()
	}
	return reason
}

// park does the waiting. WAIT_IO_COMPLETION: a call is queued, and still to be made.
func (w *waiter) park(all bool, ms uint32, t *thread) uint32 {
	w.join(t)
	defer w.leave(t)
	var deadline time.Time
	if ms != INFINITE {
		deadline = time.Now().Add(timeout(ms))
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		looks := w.look()
		if i, ok := w.satisfied(all); ok {
			return i
		}
		if t != nil && t.called() {
			return uint32(WAIT_IO_COMPLETION)
		}
		if !w.pause(looks, pause, deadline) {
			return uint32(WAIT_TIMEOUT)
		}
	}
}

// pause waits for a notification, or for the time to look. It reports whether the deadline,
// unless that is zero, has not passed.
func (w *waiter) pause(looks bool, pause time.Duration, deadline time.Time) bool {
	if !deadline.IsZero() {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		if !looks || left < pause {
			pause = left
		}
	} else if !looks {
		<-w.wake
		return true
	}
	w.timer.Reset(pause)
	select {
	case <-w.wake:
		w.timer.Stop()
	case <-w.timer.C:
	}
	return true
}

func (w *waiter) join(t *thread) {
	for _, o := range w.objects {
		o.join(w)
	}
	if t != nil {
		t.mu.Lock()
		t.alert = w
		t.mu.Unlock()
	}
}

func (w *waiter) leave(t *thread) {
	for _, o := range w.objects {
		o.leave(w)
	}
	if t != nil {
		t.mu.Lock()
		t.alert = nil
		t.mu.Unlock()
	}
}

func (w *waiter) look() (again bool) {
	for _, o := range w.objects {
		if o.look() {
			again = true
		}
	}
	return again
}

// satisfied takes what the wait is for if it can be taken, and returns the index.
func (w *waiter) satisfied(all bool) (uint32, bool) {
	if all {
		return 0, len(w.objects) > 0 && w.takeAll()
	}
	for i, o := range w.objects {
		if o.take() {
			return uint32(i), true
		}
	}
	return 0, false
}

// takingAll keeps two waits for all of the same objects from taking half of them each.
var takingAll sync.Mutex

// takeAll takes all objects or none.
func (w *waiter) takeAll() bool {
	for _, o := range w.objects {
		if !o.ready() {
			return false
		}
	}
	takingAll.Lock()
	defer takingAll.Unlock()
	for i, o := range w.objects {
		if !o.take() {
			for _, taken := range w.objects[:i] {
				taken.giveBack()
			}
			return false
		}
	}
	return true
}

// add adds the object behind h to those that are waited for.
func (w *waiter) add(h HANDLE) error {
	if h == currentThreadHandle {
		t := holdThread() // one that waits for itself waits for ever
		t.unhold()
		w.objects = append(w.objects, t)
		return nil
	}
	e := handles.lookup(h)
	if e == nil {
		return ERROR_INVALID_HANDLE
	}
	o, ok := e.obj.(waitable)
	if !ok {
		return ERROR_INVALID_HANDLE
	}
	if _, isEvent := o.(*event); isEvent && e.access&SYNCHRONIZE == 0 {
		return ERROR_ACCESS_DENIED
	}
	w.objects = append(w.objects, o)
	return nil
}

// WaitForSingleObject is [WaitForSingleObjectEx] without alerts.
func WaitForSingleObject(h HANDLE, ms uint32) (uint32, error) {
	return WaitForSingleObjectEx(h, ms, false)
}

// WaitForSingleObjectEx waits up to ms milliseconds, or without end for INFINITE, until an object
// is set, and returns WAIT_OBJECT_0, which resets an event that is not manual. What an object is set
// by:
//
//   - an event by [SetEvent], and by the end of an operation (F09 to F11);
//   - a file by the end of an operation without an event; it is reset when one starts (F13). With
//     more than one in flight that says little: use events;
//   - a port while packets are queued; none is taken (B26);
//   - a thread by the end of the goroutine, which is noticed within some milliseconds.
//
// Other results: WAIT_TIMEOUT; WAIT_IO_COMPLETION, with alertable, after calls that were queued to
// the calling goroutine have been made; WAIT_FAILED with an error. An object that is set comes
// before queued calls, and those before the timeout, also if it is 0.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for an event's handle without SYNCHRONIZE. A handle that is
// closed during the wait does not end it.
func WaitForSingleObjectEx(h HANDLE, ms uint32, alertable bool) (uint32, error) {
	w := newWaiter()
	defer w.free()
	if err := w.add(h); err != nil {
		return WAIT_FAILED, err
	}
	return w.wait(false, ms, alertableThread(alertable)), nil
}

// WaitForMultipleObjects is [WaitForMultipleObjectsEx] without alerts.
func WaitForMultipleObjects(hs []HANDLE, all bool, ms uint32) (uint32, error) {
	return WaitForMultipleObjectsEx(hs, all, ms, false)
}

// WaitForMultipleObjectsEx is [WaitForSingleObjectEx] for up to MAXIMUM_WAIT_OBJECTS objects. It
// returns WAIT_OBJECT_0 plus the index of the first that is set, and resets no other; or, with all,
// WAIT_OBJECT_0 when all are set at one time, and none is reset before.
//
// Errors: those of WaitForSingleObjectEx; ERROR_INVALID_PARAMETER for no handles or too many, and,
// with all, for one object twice.
func WaitForMultipleObjectsEx(hs []HANDLE, all bool, ms uint32, alertable bool) (uint32, error) {
	if len(hs) == 0 || len(hs) > MAXIMUM_WAIT_OBJECTS {
		return WAIT_FAILED, ERROR_INVALID_PARAMETER
	}
	w := newWaiter()
	defer w.free()
	for _, h := range hs {
		if err := w.add(h); err != nil {
			return WAIT_FAILED, err
		}
		if last := len(w.objects) - 1; all && slices.Contains(w.objects[:last], w.objects[last]) {
			return WAIT_FAILED, ERROR_INVALID_PARAMETER
		}
	}
	return w.wait(all, ms, alertableThread(alertable)), nil
}

func alertableThread(alertable bool) *thread {
	if !alertable {
		return nil
	}
	return findThread()
}
