// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What golang.org/x/sys/windows lacks, or has in a form that allocates for an error, which on
// the way of every operation is not an exception.
var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	ws2_32   = windows.NewLazySystemDLL("ws2_32.dll")
	ntdll    = windows.NewLazySystemDLL("ntdll.dll")

	procGetQueuedCompletionStatus   = kernel32.NewProc("GetQueuedCompletionStatus")
	procGetQueuedCompletionStatusEx = kernel32.NewProc("GetQueuedCompletionStatusEx")
	procPostQueuedCompletionStatus  = kernel32.NewProc("PostQueuedCompletionStatus")
	procReadFile                    = kernel32.NewProc("ReadFile")
	procWriteFile                   = kernel32.NewProc("WriteFile")
	procGetFileSizeEx               = kernel32.NewProc("GetFileSizeEx")
	procWaitNamedPipe               = kernel32.NewProc("WaitNamedPipeW")
	procPeekNamedPipe               = kernel32.NewProc("PeekNamedPipe")
	procTransactNamedPipe           = kernel32.NewProc("TransactNamedPipe")
	procCallNamedPipe               = kernel32.NewProc("CallNamedPipeW")
	procCreateMailslot              = kernel32.NewProc("CreateMailslotW")
	procGetMailslotInfo             = kernel32.NewProc("GetMailslotInfo")
	procSetMailslotInfo             = kernel32.NewProc("SetMailslotInfo")
	procCancelSynchronousIo         = kernel32.NewProc("CancelSynchronousIo")
	procSetFilePointerEx            = kernel32.NewProc("SetFilePointerEx")
	procReadFileEx                  = kernel32.NewProc("ReadFileEx")
	procWriteFileEx                 = kernel32.NewProc("WriteFileEx")
	procReadFileScatter             = kernel32.NewProc("ReadFileScatter")
	procWriteFileGather             = kernel32.NewProc("WriteFileGather")
	procGetOverlappedResultEx       = kernel32.NewProc("GetOverlappedResultEx")
	procBindIoCompletionCallback    = kernel32.NewProc("BindIoCompletionCallback")
	procSleepEx                     = kernel32.NewProc("SleepEx")
	procQueueUserAPC                = kernel32.NewProc("QueueUserAPC")
	procWaitForSingleObjectEx       = kernel32.NewProc("WaitForSingleObjectEx")
	procWaitForMultipleObjectsEx    = kernel32.NewProc("WaitForMultipleObjectsEx")

	procWSARecv     = ws2_32.NewProc("WSARecv")
	procWSARecvFrom = ws2_32.NewProc("WSARecvFrom")
	procWSASend     = ws2_32.NewProc("WSASend")
	procWSASendTo   = ws2_32.NewProc("WSASendTo")
	procBind        = ws2_32.NewProc("bind")
	procConnect     = ws2_32.NewProc("connect")
	procAccept      = ws2_32.NewProc("accept")
	procGetsockname = ws2_32.NewProc("getsockname")
	procGetpeername = ws2_32.NewProc("getpeername")
	procIoctlsocket = ws2_32.NewProc("ioctlsocket")

	procNtSetIoCompletion   = ntdll.NewProc("NtSetIoCompletion")
	procNtQueryIoCompletion = ntdll.NewProc("NtQueryIoCompletion")
)

// boolean is the error of a function that returned the BOOL r and left e as the last error.
func boolean(r uintptr, e syscall.Errno) error {
	if int32(r) != 0 {
		return nil
	}
	return failure(e)
}

// failure is the error of a function that failed.
func failure(e syscall.Errno) error {
	if e == 0 {
		return ERROR_GEN_FAILURE // it does not say why, and nil would be success
	}
	return Errno(e).err()
}

// codeOf is the error for one of golang.org/x/sys/windows.
func codeOf(err error) error {
	if e, ok := err.(syscall.Errno); ok {
		return failure(e)
	}
	return err
}
