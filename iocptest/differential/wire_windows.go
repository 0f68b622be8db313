// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Flags of a receive.
const (
	msgPeek    = windows.MSG_PEEK
	msgWaitAll = windows.MSG_WAITALL
)

const fionread = 0x4004667f // bytes to be received, ioctlsocket

// arrive waits until all that was sent here can be received: only then is it certain how much a
// receive gets.
func (e *end) arrive() {
	if e.available() == 0 || e.fin || e.reset {
		return
	}
	rc, err := e.t.SyscallConn()
	if err != nil {
		return
	}
	for start := time.Now(); ; runtime.Gosched() {
		var n, got uint32
		var failed error
		err := rc.Control(func(fd uintptr) {
			failed = windows.WSAIoctl(windows.Handle(fd), fionread, nil, 0,
				(*byte)(unsafe.Pointer(&n)), uint32(unsafe.Sizeof(n)), &got, nil, 0)
		})
		if err != nil || failed != nil || int(n) >= e.available() {
			return
		}
		if time.Since(start) > e.r.Limit {
			e.r.broken("%d of %d bytes have arrived after %v", n, e.available(), e.r.Limit)
		}
	}
}

// hungUp has nothing to ask here: the receives that wait tell.
func (e *end) hungUp() {}
