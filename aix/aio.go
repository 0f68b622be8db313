// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"sync/atomic"
	"syscall"

	"iocp"
)

// AIOCB is the control block of an asynchronous request on a regular file. The first four
// fields say what to transfer and the last three to which port its end is reported. From the
// start of the request until its packet is taken, or until AioError says it is over if it has
// no port, the struct and the buffer belong to the package. It must not be copied.
type AIOCB struct {
	Fildes    HANDLE
	Offset    int64 // in bytes from the start of the file (G02)
	Buf       []byte
	LioOpcode int32 // for LioListio alone: LIO_READ, LIO_WRITE or LIO_NOP

	// Flags with AIO_EXTENDED and Version AIOCBX_VERS2 or greater make IocpFd count: the port that
	// gets the packet, one that CreateIoCompletionPort has associated the file with (L06). NULL, or
	// without the other two, there is no packet, and AioError, AioSuspend or LIO_WAIT tell the
	// end.
	Flags   uint32
	Version int32
	IocpFd  HANDLE

	req        aioRequest
	overlapped OVERLAPPED
}

// Values of [AIOCB.Flags] and [AIOCB.Version]. Programs know such constants by their names; the
// numbers are this package's.
const (
	AIO_EXTENDED uint32 = 1
	AIOCBX_VERS1 int32  = 1
	AIOCBX_VERS2 int32  = 2
)

// aioRequest is the request of a control block.
type aioRequest struct {
	iocp.Overlapped
	cb       *AIOCB
	port     *port
	key      uint32
	starting atomic.Bool   // start is at work
	busy     atomic.Bool   // started, and its packet not taken
	status   atomic.Uint32 // of the last request
	refused  syscall.Errno // why it was not started
	own      *iocp.File    // of a request without a port
}

const (
	noRequest uint32 = iota // none yet, or AioReturn has been called
	onPort
	onNone // without a port
	wasRefused
)

// AioRead starts to read len(cb.Buf) bytes at cb.Offset. Fewer come only at the end of the file
// (G05), and none at or behind it, which is success (G04). It does not block.
//
// Errors, without a request or packet: EBADF if cb.Fildes is not open, or not for reading (G13);
// EINVAL if it is not a regular file, if the offset is negative or too great (G11, G12), if cb is nil
// or in use, if the file is not associated with cb.IocpFd; EAGAIN if too many are in flight. What
// read(2) reports comes at the end.
func AioRead(cb *AIOCB) error { return cb.start((*AIOCB).read) }

// AioWrite starts to write cb.Buf at cb.Offset; a gap reads as zeros (G08). On a file opened with
// O_APPEND it writes at the end, whatever the offset (G10). It completes when all is written.
//
// Errors: as AioRead, with EBADF for a file that is not open for writing.
func AioWrite(cb *AIOCB) error { return cb.start((*AIOCB).write) }

// AioFsync starts to bring the file to the device; op is O_SYNC or O_DSYNC of package unix, and
// does the same. It covers the writes that are over. Those in flight may be covered or not, where
// POSIX includes them: start it after their end.
//
// Errors: as AioRead; EINVAL for another op.
func AioFsync(op int, cb *AIOCB) error {
	if op != syscall.O_SYNC && op != syscall.O_DSYNC {
		return syscall.EINVAL
	}
	return cb.start((*AIOCB).sync)
}

func (cb *AIOCB) read(f *iocp.File) error  { return f.Read(&cb.req, cb.Buf, cb.Offset) }
func (cb *AIOCB) write(f *iocp.File) error { return f.Write(&cb.req, cb.Buf, cb.Offset) }
func (cb *AIOCB) sync(f *iocp.File) error  { return f.Sync(&cb.req) }

// start makes cb's request with begin.
func (cb *AIOCB) start(begin func(*AIOCB, *iocp.File) error) error {
	if cb == nil || !cb.req.claim() {
		return syscall.EINVAL
	}
	r := &cb.req
	defer r.starting.Store(false)
	r.cb, cb.overlapped.cb = cb, cb
	if errno := cb.place(begin); errno != 0 {
		r.status.Store(noRequest)
		r.busy.Store(false)
		return errno
	}
	return nil
}

// claim takes the control block for a new request, unless it is in use. A port that was closed
// has dropped its packets (J14).
func (r *aioRequest) claim() bool {
	if !r.starting.CompareAndSwap(false, true) {
		return false
	}
	dropped := r.port != nil && r.port.closed.Load()
	if r.InFlight() || r.busy.Load() && !dropped {
		r.starting.Store(false)
		return false
	}
	r.busy.Store(true)
	return true
}

// place finds out where the request reports to and starts it there.
func (cb *AIOCB) place(begin func(*AIOCB, *iocp.File) error) syscall.Errno {
	id, err := regular(cb.Fildes)
	if err != nil {
		return errnoOf(err)
	}
	if cb.Flags&AIO_EXTENDED == 0 || cb.Version < AIOCBX_VERS2 || cb.IocpFd == NULL {
		return portless.start(cb, begin)
	}
	p := lookupPort(cb.IocpFd)
	e := lookup(cb.Fildes)
	if p == nil || e == nil || e.file == nil || e.id != id {
		return syscall.EINVAL
	}
	on := e.file.on(p)
	if on == nil {
		return syscall.EINVAL
	}
	cb.req.port, cb.req.key = p, on.key
	cb.req.status.Store(onPort)
	return startErrno(begin(cb, on.f))
}

func (r *aioRequest) started() bool {
	status := r.status.Load()
	return status == onPort || status == onNone
}

// taken gives the control block back with its packet.
func (r *aioRequest) taken() { r.busy.Store(false) }

// outcome returns how the request ended: its count, or -1 and the errno.
func (r *aioRequest) outcome() (int64, syscall.Errno) {
	switch r.status.Load() {
	case noRequest:
		return -1, syscall.EINVAL
	case wasRefused:
		return -1, r.refused
	case onNone:
		if r.busy.Load() {
			return -1, syscall.EINPROGRESS // until the control block can be used again
		}
	}
	n, err := r.Result()
	if err == iocp.ErrIncomplete {
		return -1, syscall.EINPROGRESS
	}
	if errno := fileErrno(err); errno != 0 {
		return -1, errno
	}
	return n, 0
}

// AioError returns the state of cb's request: nil if it succeeded, EINPROGRESS while it goes on,
// ECANCELED if it was cancelled, or why it failed; EINVAL if there has been no request, or
// AioReturn has been called. It does not take the packet, nor wait (F24).
func AioError(cb *AIOCB) error {
	if cb == nil {
		return syscall.EINVAL
	}
	if _, errno := cb.req.outcome(); errno != 0 {
		return errno
	}
	return nil
}

// AioReturn returns how many bytes cb's request has transferred, once: a second call fails with
// EINVAL, as does one without a request. If the request failed it returns -1 and the errno of
// AioError, while it goes on -1 and EINPROGRESS.
func AioReturn(cb *AIOCB) (int64, error) {
	if cb == nil {
		return -1, syscall.EINVAL
	}
	n, errno := cb.req.outcome()
	if errno == syscall.EINPROGRESS || errno == syscall.EINVAL && cb.req.status.Load() == noRequest {
		return -1, errno
	}
	cb.req.status.Store(noRequest)
	if errno != 0 {
		return -1, errno
	}
	return n, nil
}
