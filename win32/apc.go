// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"context"
	"time"

	"iocp"
	"iocp/internal/hook"
)

// call is an asynchronous procedure call: one of QueueUserAPC, or the completion routine of an
// operation that is over.
type call struct {
	procedure APCProc
	data      uintptr

	routine CompletionRoutine
	code    Errno
	n       uint32
	ov      *OVERLAPPED
}

func (c *call) make() {
	if c.routine != nil {
		c.routine(c.code, c.n, c.ov)
	} else {
		c.procedure(c.data)
	}
}

// queue adds a call and ends the alertable wait of the goroutine, if it is in one. The lock of no
// port may be held.
func (t *thread) queue(c call) {
	t.mu.Lock()
	t.calls.push(c)
	if t.alert != nil {
		t.alert.notify()
	}
	p := t.listens
	t.mu.Unlock()
	if p != nil {
		hook.Alert(p.p, t.id, apcContext{t})
	}
}

func (t *thread) called() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.calls.empty()
}

// next takes the call that was queued first.
func (t *thread) next() (c call, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls.pop()
}

// makeCalls makes the calls that are queued, and those queued meanwhile, by the goroutine itself.
// It reports whether there was one. A call may wait alertably, and the others are made there then.
func (t *thread) makeCalls() bool {
	made := false
	for {
		c, ok := t.next()
		if !ok {
			return made
		}
		made = true
		c.make()
	}
}

// queueRoutine makes the end of op a call to the goroutine that started it. One that has ended
// never makes it.
func (op *operation) queueRoutine() {
	t := op.caller
	c := call{routine: op.routine, code: op.code(op.status), n: uint32(op.n), ov: op.ov}
	op.caller = nil
	op.recycle()
	if !t.ended() {
		t.queue(c)
	}
	t.unhold()
}

// QueueUserAPC queues a call of procedure with data to a goroutine: the calling one with
// [GetCurrentThread], another with a handle that it made with [DuplicateHandle]. The call is
// made in the goroutine itself, when it waits alertably, in the order of queueing, together
// with all others that are queued by then. It does not block.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without THREAD_SET_CONTEXT;
// ERROR_INVALID_PARAMETER for a nil procedure; ERROR_GEN_FAILURE if the goroutine has ended.
func QueueUserAPC(procedure APCProc, threadHandle HANDLE, data uintptr) error {
	if procedure == nil {
		return ERROR_INVALID_PARAMETER
	}
	t, err := threadOf(threadHandle, THREAD_SET_CONTEXT)
	if err != nil {
		return err
	}
	defer t.unhold()
	if t.ended() {
		return ERROR_GEN_FAILURE
	}
	t.queue(call{procedure: procedure, data: data})
	return nil
}

// ReadFileEx is [ReadFile] with an end that is a call of routine, made when the calling goroutine
// waits alertably (SleepEx, WaitForSingleObjectEx and the others). nil: the call will be made,
// exactly once. HEvent of ov is not looked at. A goroutine that ends does not cancel what it has
// started; its calls are not made.
//
// Errors, without a call: those of ReadFile but ERROR_IO_PENDING; ERROR_INVALID_PARAMETER for a file that is
// associated with a port (F17) or was not opened for overlapped I/O, and for no OVERLAPPED or
// no routine. A file that is associated later still calls what was started before (F18).
func ReadFileEx(h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine) error {
	return transferEx(h, buf, ov, routine, FILE_READ_DATA)
}

// WriteFileEx is [WriteFile] in the way of [ReadFileEx].
func WriteFileEx(h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine) error {
	return transferEx(h, buf, ov, routine, FILE_WRITE_DATA|FILE_APPEND_DATA)
}

func transferEx(h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine, right uint32) error {
	if routine == nil {
		if _, _, err := fileOf(h); err != nil {
			return err
		}
		return ERROR_INVALID_PARAMETER
	}
	if err := transfer(h, buf, nil, ov, routine, right); err != ERROR_IO_PENDING {
		return err
	}
	return nil
}

// SleepEx waits for ms milliseconds, or without end for INFINITE, and returns 0. With alertable
// it ends at once when a call is queued to the calling goroutine, or was before, makes all
// that are, and returns WAIT_IO_COMPLETION.
func SleepEx(ms uint32, alertable bool) uint32 {
	var t *thread
	if alertable {
		t = findThread()
	}
	if t == nil && ms != INFINITE {
		time.Sleep(timeout(ms))
		return 0
	}
	w := newWaiter()
	defer w.free()
	if reason := w.wait(false, ms, t); reason != uint32(WAIT_TIMEOUT) {
		return reason
	}
	return 0
}

// apcContext is over while calls are queued. A Get with it looks before it waits; who queues a
// call during the wait alerts it.
type apcContext struct{ thread *thread }

func (c apcContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c apcContext) Done() <-chan struct{}       { return nil }
func (c apcContext) Value(any) any               { return nil }

// Err tells whether calls are queued.
func (c apcContext) Err() error {
	if c.thread.called() {
		return context.Canceled
	}
	return nil
}

// listen makes queue alert the port, or none.
func (t *thread) listen(p *port) {
	t.mu.Lock()
	t.listens = p
	t.mu.Unlock()
}

// getAlertable takes packets, or makes the calls that are queued and returns
// WAIT_IO_COMPLETION. A worker of this port prefers packets; anybody else makes its calls first
// and does not become one by that (E10). A poll, too, makes them (E08).
func (p *port) getAlertable(buf []iocp.Completion, ms uint32) (int, error) {
	t := findThread()
	if t == nil {
		return p.p.GetBatch(buf, timeout(ms)) // nobody can queue a call
	}
	if t.called() && !hook.Serves(p.p) {
		t.makeCalls()
		return 0, WAIT_IO_COMPLETION
	}
	left, end := timeout(ms), time.Time{}
	if left > 0 {
		end = time.Now().Add(left)
	}
	for {
		n, err := p.getListening(t, buf, left)
		switch {
		case err != context.Canceled && err != iocp.ErrTimeout:
			return n, err
		case t.makeCalls():
			return 0, WAIT_IO_COMPLETION
		case err == iocp.ErrTimeout:
			return 0, err
		case left > 0: // alerted too late, for a call made by then
			left = max(time.Until(end), 0)
		}
	}
}

func (p *port) getListening(t *thread, buf []iocp.Completion, timeout time.Duration) (int, error) {
	t.listen(p)
	defer t.listen(nil)
	return p.p.GetBatchContext(apcContext{t}, buf, timeout)
}
