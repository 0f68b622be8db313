// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"context"
	"slices"
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

// queue adds a call and ends the alertable wait of the goroutine, if it is in one. The lock of a
// port may be held.
func (t *thread) queue(c call) {
	t.mu.Lock()
	t.calls.push(c)
	if t.alert != nil {
		t.alert.notify()
	}
	var alarm *apcContext
	if t.listens {
		alarm = t.alarm
	}
	t.mu.Unlock()
	if alarm != nil {
		alarm.ring()
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

// apcContext makes a Get end when a call is queued. It rings once; the goroutine takes a new one
// for its next wait then.
type apcContext struct {
	thread *thread
	done   chan struct{}
	over   bool      // guarded by thread.mu, like bells
	bells  []*func() // what the waits registered
}

// listen returns the context for a wait that begins now, or nil if a call is queued already. It is
// used again and again until it has rung.
func (t *thread) listen() *apcContext {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.calls.empty() {
		return nil
	}
	if t.alarm == nil || t.alarm.over {
		t.alarm = &apcContext{thread: t, done: make(chan struct{})}
	}
	t.listens = true
	return t.alarm
}

func (t *thread) stopListening() {
	t.mu.Lock()
	t.listens = false
	t.mu.Unlock()
}

// ring ends the context. What it tells that takes locks of its own, but no port's.
func (c *apcContext) ring() {
	c.thread.mu.Lock()
	if c.over {
		c.thread.mu.Unlock()
		return
	}
	c.over = true
	bells := c.bells
	c.bells = nil
	c.thread.mu.Unlock()
	close(c.done)
	for _, f := range bells {
		(*f)()
	}
}

// AfterFunc is what package context looks for in a context that is not its own; it saves a
// goroutine.
func (c *apcContext) AfterFunc(f func()) (stop func() bool) {
	c.thread.mu.Lock()
	defer c.thread.mu.Unlock()
	if c.over {
		go f()
		return func() bool { return false }
	}
	bell := &f
	c.bells = append(c.bells, bell)
	return func() bool { return c.silence(bell) }
}

func (c *apcContext) silence(bell *func()) bool {
	c.thread.mu.Lock()
	defer c.thread.mu.Unlock()
	i := slices.Index(c.bells, bell)
	if i >= 0 {
		c.bells = slices.Delete(c.bells, i, i+1)
	}
	return i >= 0
}

func (c *apcContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c *apcContext) Done() <-chan struct{}       { return c.done }
func (c *apcContext) Value(any) any               { return nil }

// Err says whether the context is over, as Done does.
func (c *apcContext) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
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
	n, err := p.getListening(t, buf, ms)
	switch err {
	case context.Canceled, iocp.ErrTimeout:
		if t.makeCalls() {
			return 0, WAIT_IO_COMPLETION
		}
	}
	return n, err
}

func (p *port) getListening(t *thread, buf []iocp.Completion, ms uint32) (int, error) {
	alarm := t.listen()
	if alarm == nil {
		return p.p.GetBatch(buf, 0)
	}
	defer t.stopListening()
	return p.p.GetBatchContext(alarm, buf, timeout(ms))
}
