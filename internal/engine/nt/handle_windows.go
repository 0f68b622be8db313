// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine/spin"
	"iocp/internal/sys/nt"
)

// handle is what the engine knows of a handle from its first operation on.
type handle struct {
	h        windows.Handle
	blocking bool // the pool's: opened without FILE_FLAG_OVERLAPPED
	foreign  bool // or overlapped, and another port's: the pool waits for an event
	skip     bool // an operation that is done at once sends no packet
	socket   bool
	family   int32
	typ      int32
	protocol int32

	base windows.Handle // the socket below those of layers in between; 0: not asked for yet

	doubtful bool // forgotten since: the number may be another file's
}

// handles are those that have been used. The map is short of locks: one goroutine at a time is in Enter,
// and Forget is rare.
type handles struct {
	mu spin.Mutex
	by map[int32]*handle
}

// full is a handle from its 32 bits that count.
func full(fd int32) windows.Handle { return windows.Handle(uintptr(fd)) }

// handle returns what is known of fd, after it has been associated with the engine's port if it was not
// yet. A socket that belongs to another port is refused.
func (e *Engine) handle(fd int32) (*handle, syscall.Errno) {
	t := &e.handles
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.by[fd]
	if old != nil && !old.doubtful {
		return old, 0
	}
	h := describe(full(fd))
	if !h.blocking {
		errno := e.associate(h, old)
		if errno == windows.ERROR_INVALID_PARAMETER && !h.socket {
			h.blocking, h.foreign = true, true
		} else if errno != 0 {
			return nil, errno
		}
	}
	if h.blocking {
		return h, 0 // and it is not noted: nothing but the number says that it is the same next time
	}
	h.chooseMode()
	if t.by == nil {
		t.by = make(map[int32]*handle)
	}
	t.by[fd] = h
	return h, 0
}

// associate makes the packets of h's file come to the engine's port. The kernel refuses that for a file
// that has a port (A13, A14), and does not say which. It is this one if the number was forgotten and
// is the same file's still, or if the file has another handle here.
func (e *Engine) associate(h, old *handle) syscall.Errno {
	_, err := windows.CreateIoCompletionPort(h.h, e.port, 0, 0)
	switch {
	case err == nil:
		return 0
	case err != windows.ERROR_INVALID_PARAMETER || old == nil && !e.handles.hasOther(h.h):
		return err.(syscall.Errno)
	}
	return 0
}

// hasOther reports whether a handle that is known is one of h's file.
func (t *handles) hasOther(h windows.Handle) bool {
	if nt.CompareObjectHandles.Find() != nil {
		return false
	}
	for _, o := range t.by {
		if r, _, _ := syscall.SyscallN(nt.CompareObjectHandles.Addr(), uintptr(o.h), uintptr(h)); int32(r) != 0 {
			return true
		}
	}
	return false
}

// drop ends what is known of fd, which is about to be closed, and returns it.
func (t *handles) drop(fd int32) *handle {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.by[fd]
	delete(t.by, fd)
	return h
}

// Forget says that the owner is about to close fd himself. What the kernel remembers of it ends with the
// last handle of the file, so what was known here is doubted, and kept.
func (e *Engine) Forget(fd int32) {
	t := &e.handles
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.by[fd]; h != nil {
		h.doubtful = true
	}
}

// describe finds out what kind of file h is of.
func describe(h windows.Handle) *handle {
	d := &handle{h: h}
	if info, errno := nt.SocketInfo(h); errno == 0 {
		d.socket = true
		d.family, d.typ, d.protocol = info.AddressFamily, info.SocketType, info.Protocol
		return d
	}
	mode, ok := nt.FileInformation(h, nt.ModeClass)
	d.blocking = ok && nt.Synchronous(mode)
	return d
}

// chooseMode saves the packets of operations that are done at once where that is safe. Datagrams are
// left out: one that is too long for its buffer ends with a warning, and providers do not agree on whether that
// is done at once. Somebody else may have chosen before, for good (K05).
func (h *handle) chooseMode() {
	if h.isTCP() && skipIsSafe() {
		const modes = windows.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | windows.FILE_SKIP_SET_EVENT_ON_HANDLE
		h.skip = windows.SetFileCompletionNotificationModes(h.h, modes) == nil
	}
	if mode, ok := nt.FileInformation(h.h, nt.NotifyModeClass); ok && mode&windows.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS != 0 {
		h.skip = true
	}
}

// isTCP reports whether h is a socket for connections of the internet.
func (h *handle) isTCP() bool {
	return h.socket && h.typ == windows.SOCK_STREAM && (h.family == windows.AF_INET || h.family == windows.AF_INET6)
}

// skipIsSafe reports whether all providers of TCP give out handles of the file system. Through one that
// does not, a layer in between, packets come in spite of the mode: the description of
// SetFileCompletionNotificationModes forbids it then.
var skipIsSafe = sync.OnceValue(func() bool {
	protocols := [2]int32{windows.IPPROTO_TCP, 0}
	var infos [64]windows.WSAProtocolInfo
	size := uint32(unsafe.Sizeof(infos))
	n, err := windows.WSAEnumProtocols(&protocols[0], &infos[0], &size)
	if err != nil {
		return false
	}
	for _, info := range infos[:n] {
		if info.ServiceFlags1&windows.XP1_IFS_HANDLES == 0 {
			return false
		}
	}
	return true
})

// closing closes fd, or reports that this may take time, and is the pool's. No operation is under way on
// it.
func (e *Engine) closing(r *request) (res int32, slow bool) {
	h := e.handles.drop(r.op.FD)
	if h == nil || h.doubtful {
		h = describe(full(r.op.FD))
	}
	r.handle = h
	if !h.socket {
		return h.close(), false
	}
	var l windows.Linger
	n := int32(unsafe.Sizeof(l))
	windows.Getsockopt(h.h, windows.SOL_SOCKET, windows.SO_LINGER, (*byte)(unsafe.Pointer(&l)), &n)
	if lingers := l.Onoff&0xffff != 0 && l.Onoff>>16 != 0; lingers {
		return 0, true
	}
	return h.close(), false
}

func (h *handle) close() int32 {
	var err error
	if h.socket {
		err = windows.Closesocket(h.h)
	} else {
		err = windows.CloseHandle(h.h)
	}
	if err != nil {
		return negative(err.(syscall.Errno))
	}
	return 0
}

// shutdown ends directions of a connection. With both of them what is in flight ends, too; the system would
// leave a receive waiting for data that it has just refused.
func shutdown(fd int32, how uint32) int32 {
	r, _, errno := syscall.SyscallN(nt.Shutdown.Addr(), uintptr(full(fd)), uintptr(how))
	if int32(r) != 0 {
		return negative(errno)
	}
	if how == windows.SHUT_RDWR {
		syscall.SyscallN(nt.CancelIoEx.Addr(), uintptr(full(fd)), 0)
	}
	return 0
}
