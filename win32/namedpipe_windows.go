// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// name16 is a name as the system takes it.
func name16(name string) (*uint16, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, ERROR_INVALID_NAME
	}
	return p, nil
}

// CreateNamedPipe makes an instance of a pipe and returns the handle of the server's end, which
// listens: a client can open it from now on with [CreateFile]. The name begins with \\.\pipe\
// and is the whole machine's. openMode is PIPE_ACCESS_DUPLEX, INBOUND or OUTBOUND with flags
// such as FILE_FLAG_OVERLAPPED (A17); pipeMode the type of the pipe and the modes of this
// end. There are no security attributes, and the handle is not inherited. Times are in
// milliseconds, sizes in bytes.
//
// It does not block. Errors, with INVALID_HANDLE_VALUE: ERROR_INVALID_NAME; ERROR_INVALID_PARAMETER;
// ERROR_PIPE_BUSY if all instances exist; ERROR_ACCESS_DENIED if they are of another kind.
func CreateNamedPipe(name string, openMode, pipeMode, maxInstances, outSize, inSize, defaultTimeout uint32) (HANDLE, error) {
	path, err := name16(name)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	return made(windows.CreateNamedPipe(path, openMode, pipeMode, maxInstances, outSize, inSize, defaultTimeout, nil))
}

// CreatePipe makes a pipe without a name and stores the handles of its ends in *read and *write.
// At most size bytes may be unread; 0 stands for the system's own size. Its handles are never
// overlapped, so they cannot be associated with a port (A19). It does not block.
func CreatePipe(read, write *HANDLE, size uint32) error {
	var r, w windows.Handle
	if err := windows.CreatePipe(&r, &w, nil, size); err != nil {
		return codeOf(err)
	}
	*read, _ = made(r, nil)
	*write, _ = made(w, nil)
	return nil
}

// ConnectNamedPipe waits for a client of the server's end h (H01). It needs an OVERLAPPED if h is
// overlapped (F14), and blocks if it is not.
//
// nil: a client has come; no packet. ERROR_IO_PENDING: a packet of 0 bytes will come with the
// client, or whatever else was asked for. Other errors, without a packet: ERROR_PIPE_CONNECTED if a
// client is there, which is as good as nil (H02); ERROR_NO_DATA if one has come and gone, which
// takes [DisconnectNamedPipe] (H03); those of the system.
func ConnectNamedPipe(h HANDLE, ov *OVERLAPPED) error {
	o := start(h, ov, nil)
	return o.started(ov, codeOf(windows.ConnectNamedPipe(windows.Handle(h), native(ov))))
}

// DisconnectNamedPipe takes the pipe from its client. Whatever waits at either end ends with
// ERROR_PIPE_NOT_CONNECTED, and what is unread is lost (H15). After that [ConnectNamedPipe] lets the
// next client in. It does not block, and sends no packet of its own. Errors are the system's.
func DisconnectNamedPipe(h HANDLE) error {
	return codeOf(windows.DisconnectNamedPipe(windows.Handle(h)))
}

// WaitNamedPipe waits until an instance of the pipe listens, or ms milliseconds are over. It does
// not reserve the instance. ms may be NMPWAIT_USE_DEFAULT_WAIT or NMPWAIT_WAIT_FOREVER.
//
// Errors: ERROR_SEM_TIMEOUT; ERROR_FILE_NOT_FOUND at once if there is no pipe of this name; those of
// the system.
func WaitNamedPipe(name string, ms uint32) error {
	path, err := name16(name)
	if err != nil {
		return err
	}
	r, _, e := syscall.SyscallN(nt.WaitNamedPipe.Addr(), uintptr(unsafe.Pointer(path)), uintptr(ms))
	return boolean(r, e)
}

// PeekNamedPipe copies what can be read from the pipe to buf without taking it: on a pipe of
// message type at most the first message. It stores how many bytes that were in *read, how many
// there are in all messages in *available, and how many more the message has in *left. buf and
// the pointers may be nil. It sends no packet (F23). Errors are the system's.
func PeekNamedPipe(h HANDLE, buf []byte, read, available, left *uint32) error {
	r, _, e := syscall.SyscallN(nt.PeekNamedPipe.Addr(), uintptr(h), uintptr(unsafe.Pointer(unsafe.SliceData(buf))),
		uintptr(len(buf)), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(available)), uintptr(unsafe.Pointer(left)))
	return boolean(r, e)
}

// SetNamedPipeHandleState changes the modes of this end of the pipe to *mode: PIPE_READMODE_BYTE or
// MESSAGE, and PIPE_WAIT or NOWAIT; nil changes nothing. The other two are for clients of pipes of
// other machines. It does not block. Errors are the system's.
func SetNamedPipeHandleState(h HANDLE, mode, maxCollectionCount, collectDataTimeout *uint32) error {
	return codeOf(windows.SetNamedPipeHandleState(windows.Handle(h), mode, maxCollectionCount, collectDataTimeout))
}

// GetNamedPipeHandleState stores the modes of this end of the pipe in *mode, PIPE_READMODE_MESSAGE and
// PIPE_NOWAIT if they are set, and in *instances how many the pipe has. All may be nil. It does
// not block. Errors are the system's.
func GetNamedPipeHandleState(h HANDLE, mode, instances, maxCollectionCount, collectDataTimeout *uint32) error {
	return codeOf(windows.GetNamedPipeHandleState(windows.Handle(h), mode, instances, maxCollectionCount, collectDataTimeout, nil, 0))
}

// GetNamedPipeInfo stores what does not change: in *flags PIPE_SERVER_END or PIPE_CLIENT_END, and the
// type of the pipe; how many bytes may be unread, in the direction away from this end and
// towards it; and how many instances there may be. All may be nil. It does not block. Errors are
// the system's.
func GetNamedPipeInfo(h HANDLE, flags, outSize, inSize, maxInstances *uint32) error {
	return codeOf(windows.GetNamedPipeInfo(windows.Handle(h), flags, outSize, inSize, maxInstances))
}

// TransactNamedPipe writes data as one message, and reads the next message that comes into buf. Both
// belong to the system until the operation is over. It completes as [ReadFile] does, to a port too
// (K14); *read, which may be nil, is the length of the answer. Errors are the system's.
func TransactNamedPipe(h HANDLE, data, buf []byte, read *uint32, ov *OVERLAPPED) error {
	var n uint32
	if read == nil {
		read = &n
	}
	from, to := unsafe.SliceData(data), unsafe.SliceData(buf)
	o := start(h, ov, nil, unsafe.Pointer(from), unsafe.Pointer(to))
	r, _, e := syscall.SyscallN(nt.TransactNamedPipe.Addr(), uintptr(h), uintptr(unsafe.Pointer(from)), uintptr(len(data)),
		uintptr(unsafe.Pointer(to)), uintptr(len(buf)), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(ov)))
	return o.started(ov, boolean(r, e))
}

// CallNamedPipe opens a pipe of message type, waiting for an instance up to ms milliseconds if
// all are in use, makes one transaction, and closes it: data is written, and the answer comes into buf,
// its length into *read, which may be nil. It blocks until the answer is there.
//
// Errors: ERROR_MORE_DATA if the answer is longer than buf, and then the rest is lost; those of the
// system.
func CallNamedPipe(name string, data, buf []byte, read *uint32, ms uint32) error {
	path, err := name16(name)
	if err != nil {
		return err
	}
	var n uint32
	if read == nil {
		read = &n
	}
	r, _, e := syscall.SyscallN(nt.CallNamedPipe.Addr(), uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)),
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), uintptr(unsafe.Pointer(read)), uintptr(ms))
	return boolean(r, e)
}
