// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SocketInfo describes a socket, without a word about what it is connected to. Error: WSAENOTSOCK.
func SocketInfo(h windows.Handle) (info windows.WSAProtocolInfo, errno syscall.Errno) {
	const soProtocolInfo = 0x2005 // SO_PROTOCOL_INFOW
	n := int32(unsafe.Sizeof(info))
	if err := windows.Getsockopt(h, windows.SOL_SOCKET, soProtocolInfo, (*byte)(unsafe.Pointer(&info)), &n); err != nil {
		return info, err.(syscall.Errno)
	}
	return info, 0
}

// The classes of information about files that are one word.
const (
	ModeClass       = 16 // FileModeInformation: how the file was opened
	NotifyModeClass = 41 // FileIoCompletionNotificationInformation
)

// Synchronous reports whether the mode of a file says that it was opened without FILE_FLAG_OVERLAPPED.
func Synchronous(mode uint32) bool {
	return mode&(windows.FILE_SYNCHRONOUS_IO_ALERT|windows.FILE_SYNCHRONOUS_IO_NONALERT) != 0
}

// FileInformation asks for a class of information that is one word.
func FileInformation(h windows.Handle, class uint32) (value uint32, ok bool) {
	var iosb windows.IO_STATUS_BLOCK
	err := windows.NtQueryInformationFile(h, &iosb, (*byte)(unsafe.Pointer(&value)), uint32(unsafe.Sizeof(value)), class)
	return value, err == nil
}

// GrantedAccess is what a handle may do: NtQueryObject, ObjectBasicInformation.
func GrantedAccess(h windows.Handle) (access uint32, ok bool) {
	var info struct {
		attributes, access, handles, pointers uint32
		reserved                              [10]uint32
	}
	r, _, _ := syscall.SyscallN(NtQueryObject.Addr(), uintptr(h), 0, uintptr(unsafe.Pointer(&info)), unsafe.Sizeof(info), 0)
	return info.access, int32(r) == 0
}
