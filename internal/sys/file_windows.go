// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// OpenFile is os.OpenFile with FILE_FLAG_OVERLAPPED. The handle is never one of the os package's: those
// that are overlapped belong to the port of Go's runtime.
func (host) OpenFile(name string, flag int, perm os.FileMode) (fd int32, err error) {
	h, err := syscall.Open(name, flag|syscall.O_CLOEXEC|windows.FILE_FLAG_OVERLAPPED, uint32(perm.Perm()))
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: name, Err: err}
	}
	fd = int32(h)
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 && flag&(os.O_CREATE|os.O_TRUNC) != 0 {
		defer func() { fd, err = readOnly(fd, err) }()
	}
	if flag&os.O_TRUNC != 0 { // CREATE_ALWAYS would take over attributes of a file that is there
		if errno := (host{}).Truncate(fd, 0); errno != 0 {
			windows.CloseHandle(handle(fd))
			return -1, &os.PathError{Op: "truncate", Path: name, Err: errno}
		}
	}
	return fd, nil
}

// readOnly takes the right to write away from what was opened for reading only: to create a file that
// right was needed.
func readOnly(fd int32, err error) (int32, error) {
	if err != nil {
		return fd, err
	}
	var h windows.Handle
	self := windows.CurrentProcess()
	err = windows.DuplicateHandle(self, handle(fd), self, &h, windows.FILE_GENERIC_READ, false, windows.DUPLICATE_CLOSE_SOURCE)
	return int32(h), err
}

func (host) Describe(fd int32) (FileStatus, Errno) {
	h := handle(fd)
	typ, err := windows.GetFileType(h)
	if err != nil {
		return FileStatus{}, errnoOf(err)
	}
	s := FileStatus{Read: true, Write: true}
	if access, ok := nt.GrantedAccess(h); ok {
		s.Read = access&windows.FILE_READ_DATA != 0
		s.Write = access&(windows.FILE_WRITE_DATA|windows.FILE_APPEND_DATA) != 0
		s.Append = access&(windows.FILE_WRITE_DATA|windows.FILE_APPEND_DATA) == windows.FILE_APPEND_DATA
	}
	s.Special = typ != windows.FILE_TYPE_DISK
	s.Stream = s.Special
	s.Append = s.Append && !s.Special // on a pipe that bit means something else
	return s, 0
}

func (host) Size(fd int32) (int64, Errno) {
	var size int64
	r, _, errno := syscall.SyscallN(nt.GetFileSizeEx.Addr(), uintptr(handle(fd)), uintptr(unsafe.Pointer(&size)))
	if int32(r) == 0 {
		return 0, nt.Failed(errno)
	}
	return size, 0
}

func (host) Truncate(fd int32, size int64) Errno {
	return errnoOf(windows.SetFileInformationByHandle(handle(fd), windows.FileEndOfFileInfo, (*byte)(unsafe.Pointer(&size)), uint32(unsafe.Sizeof(size))))
}

// Stat opens the file once more, for os.File takes overlapped handles for its own.
func (host) Stat(fd int32, name string) (os.FileInfo, error) {
	h, errno := reopen(handle(fd), windows.FILE_READ_ATTRIBUTES, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if errno != 0 {
		return nil, &os.PathError{Op: "stat", Path: name, Err: Error(errno)}
	}
	f := os.NewFile(uintptr(h), name)
	defer f.Close()
	return f.Stat()
}

// reopen is ReOpenFile: another file object for the same file on a disk.
func reopen(h windows.Handle, access, flags uint32) (windows.Handle, Errno) {
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	r, _, errno := syscall.SyscallN(nt.ReOpenFile.Addr(), uintptr(h), uintptr(access), share, uintptr(flags))
	if windows.Handle(r) == windows.InvalidHandle {
		return 0, nt.Failed(errno)
	}
	return windows.Handle(r), 0
}

// Adopt makes a descriptor of our own of one that a net.Conn, a net.Listener or an os.File of this
// process has, fit for the engines; who calls it closes that.
//
// A file on a disk that was opened without FILE_FLAG_OVERLAPPED, as package os does, is opened once more
// with it, if others allow that. Everything else is duplicated, and if it is overlapped taken away from the port
// of Go's runtime, which has sockets and pipes in it: FileReplaceCompletionInformation, of Windows 8.1.
// That fails while an operation is under way, and Wine may not have it.
func Adopt(fd uintptr) (int32, error) {
	h := windows.Handle(fd)
	mode, known := nt.FileInformation(h, nt.ModeClass)
	synchronous := known && nt.Synchronous(mode) && !isSocket(int32(fd))
	if synchronous {
		if again, ok := reopenOverlapped(h, mode); ok {
			return int32(again), nil
		}
	}
	var d windows.Handle
	self := windows.CurrentProcess()
	if err := windows.DuplicateHandle(self, h, self, &d, 0, false, windows.DUPLICATE_SAME_ACCESS); err != nil {
		return -1, err
	}
	if synchronous {
		return int32(d), nil // the engine has threads for those
	}
	if err := leavePort(d); err != nil {
		(host{}).Close(int32(d))
		return -1, err
	}
	return int32(d), nil
}

// reopenOverlapped opens a file on a disk once more, with the same rights and the same ways past the cache,
// which mode tells of.
func reopenOverlapped(h windows.Handle, mode uint32) (windows.Handle, bool) {
	flags := uint32(windows.FILE_FLAG_OVERLAPPED | windows.FILE_FLAG_BACKUP_SEMANTICS)
	if mode&windows.FILE_NO_INTERMEDIATE_BUFFERING != 0 {
		flags |= windows.FILE_FLAG_NO_BUFFERING
	}
	if mode&windows.FILE_WRITE_THROUGH != 0 {
		flags |= windows.FILE_FLAG_WRITE_THROUGH
	}
	access, ok := nt.GrantedAccess(h)
	if typ, err := windows.GetFileType(h); !ok || err != nil || typ != windows.FILE_TYPE_DISK {
		return 0, false
	}
	again, errno := reopen(h, access, flags)
	if errno != 0 {
		return 0, false
	}
	if at, err := windows.Seek(h, 0, io.SeekCurrent); err == nil { // which counts for nobody here (G03)
		windows.Seek(again, at, io.SeekStart)
	}
	return again, true
}

// leavePort ends the association of h's file with whatever port it has.
func leavePort(h windows.Handle) error {
	var none struct{ port, key uintptr } // FILE_COMPLETION_INFORMATION
	var iosb windows.IO_STATUS_BLOCK
	err := windows.NtSetInformationFile(h, &iosb, (*byte)(unsafe.Pointer(&none)), uint32(unsafe.Sizeof(none)),
		windows.FileReplaceCompletionInformation)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, windows.STATUS_NOT_IMPLEMENTED), errors.Is(err, windows.STATUS_INVALID_INFO_CLASS):
		return fmt.Errorf("%w, and this system does not know FileReplaceCompletionInformation, which would take it "+
			"out of its completion port; let package iocp open, accept or connect it", ErrOwned)
	}
	return fmt.Errorf("the completion port of Go's runtime does not give the handle up: %w; "+
		"end what is under way on it first", err)
}
