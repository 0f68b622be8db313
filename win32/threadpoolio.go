// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"
	"unsafe"
)

// TP_IO is what [CreateThreadpoolIo] makes.
type TP_IO struct {
	binding
	callback ThreadpoolIoCallback
	context  unsafe.Pointer

	mu      sync.Mutex
	changed sync.Cond // a call is over, or will not come
	started int       // operations that were announced, and whose call has not begun
	running int       // calls
}

// CreateThreadpoolIo makes the ends of all operations on the file behind h calls of callback, with
// context, as [BindIoCompletionCallback] does and with the same effect on the file; but the call has
// the Win32 code of the end (K12). Every operation has to be announced with [StartThreadpoolIo]. There
// are no callback environments: what calls is the system's own pool.
//
// Errors: ERROR_INVALID_PARAMETER for no callback, or a file that is associated or not opened for
// overlapped I/O; ERROR_INVALID_HANDLE.
func CreateThreadpoolIo(h HANDLE, callback ThreadpoolIoCallback, context unsafe.Pointer) (*TP_IO, error) {
	if callback == nil {
		return nil, ERROR_INVALID_PARAMETER
	}
	f, _, err := fileOf(h)
	if err != nil {
		return nil, err
	}
	io := &TP_IO{callback: callback, context: context}
	io.changed.L = &io.mu
	io.binding.call = io.end
	if err := f.bind(&io.binding); err != nil {
		return nil, err
	}
	return io, nil
}

// StartThreadpoolIo announces one operation on the file; it must come before each. It does not block.
func StartThreadpoolIo(io *TP_IO) { io.expect(1) }

// CancelThreadpoolIo takes back an announcement: of an operation that failed at once, or succeeded at
// once on a file in skip mode, so that there will be no call. It does not block.
func CancelThreadpoolIo(io *TP_IO) { io.expect(-1) }

func (io *TP_IO) expect(n int) {
	if io == nil {
		return
	}
	io.mu.Lock()
	io.started = max(io.started+n, 0)
	io.changed.Broadcast()
	io.mu.Unlock()
}

// WaitForThreadpoolIoCallbacks waits until all operations that were announced have ended and been
// called. With cancelPending it drops the calls that have not begun, and waits only for those that have;
// the operations themselves go on.
func WaitForThreadpoolIoCallbacks(io *TP_IO, cancelPending bool) {
	if io == nil {
		return
	}
	if cancelPending {
		io.expect(-callers.drop(&io.binding))
	}
	io.mu.Lock()
	defer io.mu.Unlock()
	for io.running > 0 || !cancelPending && io.started > 0 {
		io.changed.Wait()
	}
}

// CloseThreadpoolIo ends the use of io. Close the file and wait for its operations before: calls
// that come later are made all the same here, but not on Windows.
func CloseThreadpoolIo(io *TP_IO) {}

// end makes the call of an operation that is over.
func (io *TP_IO) end(op *operation) {
	code, n, ov := op.status.Errno(), op.n, op.ov
	if op.status.succeeded() {
		code = ERROR_SUCCESS
	}
	op.recycle()
	io.mu.Lock()
	io.started = max(io.started-1, 0)
	io.running++
	io.mu.Unlock()
	defer func() {
		io.mu.Lock()
		io.running--
		io.changed.Broadcast()
		io.mu.Unlock()
	}()
	io.callback(io.context, ov, code, n, io)
}
