// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// CreateFile opens or makes a file, directory, device or the client's end of a pipe or mailslot.
// With FILE_FLAG_OVERLAPPED the handle can be associated with a port (A17), and its operations
// need an OVERLAPPED each (F14); without it they wait and there is a file position. There are no
// security attributes: the file gets the default ones, and the handle is not inherited.
//
// It may block. Errors are the system's, and the handle is INVALID_HANDLE_VALUE then. Whether
// CREATE_ALWAYS and OPEN_ALWAYS found a file is not told; who has to know tries CREATE_NEW first.
func CreateFile(name string, access, share, disposition, flags uint32, template HANDLE) (HANDLE, error) {
	path, err := name16(name)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	return made(windows.CreateFile(path, access, share, nil, disposition, flags, windows.Handle(template)))
}

// made is a new handle of something that can do I/O.
func made(h windows.Handle, err error) (HANDLE, error) {
	if err != nil {
		return INVALID_HANDLE_VALUE, codeOf(err)
	}
	opened(HANDLE(h), new(object))
	return HANDLE(h), nil
}

// FlushFileBuffers writes what is held back: of a disk file to its device, of a pipe until the
// other end has read it (O08). It blocks, and sends no packet (F23). Errors are the system's.
func FlushFileBuffers(h HANDLE) error { return codeOf(windows.FlushFileBuffers(windows.Handle(h))) }

// GetFileType tells what kind of file h is: FILE_TYPE_DISK, FILE_TYPE_CHAR or FILE_TYPE_PIPE. It does
// not block. Error: ERROR_INVALID_HANDLE, with FILE_TYPE_UNKNOWN.
func GetFileType(h HANDLE) (uint32, error) {
	kind, err := windows.GetFileType(windows.Handle(h))
	return kind, codeOf(err)
}

// GetFileSizeEx stores the size of a disk file, in bytes, in *size. It sends no packet (F23).
// Errors: ERROR_INVALID_PARAMETER for a nil size; those of the system.
func GetFileSizeEx(h HANDLE, size *int64) error {
	if size == nil {
		return ERROR_INVALID_PARAMETER
	}
	r, _, e := syscall.SyscallN(nt.GetFileSizeEx.Addr(), uintptr(h), uintptr(unsafe.Pointer(size)))
	return boolean(r, e)
}

// SetFilePointerEx moves the file pointer of a disk file by distance bytes from where method says,
// FILE_BEGIN, FILE_CURRENT or FILE_END, and stores the new position in *position, which may be
// nil. Operations of an overlapped handle neither use nor move it (G03). It sends no packet.
// Errors: ERROR_NEGATIVE_SEEK; those of the system.
func SetFilePointerEx(h HANDLE, distance int64, position *int64, method uint32) error {
	var to int64
	var r uintptr
	var e syscall.Errno
	if math.MaxUint == math.MaxUint64 {
		r, _, e = syscall.SyscallN(nt.SetFilePointerEx.Addr(), uintptr(h), uintptr(distance),
			uintptr(unsafe.Pointer(&to)), uintptr(method))
	} else { // the distance is two words
		r, _, e = syscall.SyscallN(nt.SetFilePointerEx.Addr(), uintptr(h), uintptr(distance), uintptr(distance>>32),
			uintptr(unsafe.Pointer(&to)), uintptr(method))
	}
	if int32(r) != 0 && position != nil {
		*position = to
	}
	return boolean(r, e)
}

// SetEndOfFile makes the file pointer the end of the file, which shrinks or grows. It may
// block, and sends no packet (F23). Errors are the system's.
func SetEndOfFile(h HANDLE) error { return codeOf(windows.SetEndOfFile(windows.Handle(h))) }

// LockFileEx locks the bytes of a disk file from the offset in ov on, as many as the two halves of
// the length say, which may be behind its end.
//
// nil: locked, and on an associated handle a packet is queued (F02, G15). ERROR_IO_PENDING: the packet, or
// whatever else was asked for, comes when the range is free. Errors: ERROR_LOCK_VIOLATION with
// LOCKFILE_FAIL_IMMEDIATELY, without a packet; those of the system.
func LockFileEx(h HANDLE, flags, reserved, bytesLow, bytesHigh uint32, ov *OVERLAPPED) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	o := start(h, ov, nil)
	return o.started(ov, codeOf(windows.LockFileEx(windows.Handle(h), flags, reserved, bytesLow, bytesHigh, native(ov))))
}

// UnlockFileEx gives up one lock of exactly the range that [LockFileEx] was given. It sends no
// packet, and does not block. Errors: ERROR_NOT_LOCKED; those of the system.
func UnlockFileEx(h HANDLE, reserved, bytesLow, bytesHigh uint32, ov *OVERLAPPED) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	return codeOf(windows.UnlockFileEx(windows.Handle(h), reserved, bytesLow, bytesHigh, native(ov)))
}

// ReadDirectoryChanges waits for changes of the directory that dir was opened on, and with subtree
// of those below it, and writes records of them to buf, as FILE_NOTIFY_INFORMATION describes.
//
// nil: started, and a packet or whatever else was asked for will come, with the number of bytes in
// buf (G17); done, which may be nil, is written if the handle is not overlapped, and the call
// waits. buf must begin at a multiple of four bytes. Errors are the system's; with a routine on an
// associated handle ERROR_INVALID_PARAMETER (F17).
func ReadDirectoryChanges(dir HANDLE, buf []byte, subtree bool, filter uint32, done *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	var n uint32
	if done == nil {
		done = &n
	}
	data := unsafe.SliceData(buf)
	o := start(dir, ov, routine, unsafe.Pointer(data))
	address := uintptr(0)
	if routine != nil {
		address = fileRoutineAddress()
	}
	err := windows.ReadDirectoryChanges(windows.Handle(dir), data, uint32(len(buf)), subtree, filter, done, native(ov), address)
	if err == nil {
		return nil // which means that it goes on
	}
	return o.started(ov, codeOf(err))
}

// DeviceIoControl sends a control code to the device of a file, with in as its argument and room for
// the answer in out, whose length it stores in *returned, which may be nil. It ends as [ReadFile]
// says, with a packet for what succeeds (G16). Errors are the system's.
func DeviceIoControl(h HANDLE, code uint32, in, out []byte, returned *uint32, ov *OVERLAPPED) error {
	var n uint32
	if returned == nil {
		returned = &n
	}
	from, to := unsafe.SliceData(in), unsafe.SliceData(out)
	o := start(h, ov, nil, unsafe.Pointer(from), unsafe.Pointer(to))
	return o.started(ov, codeOf(windows.DeviceIoControl(windows.Handle(h), code, from, uint32(len(in)),
		to, uint32(len(out)), returned, native(ov))))
}
