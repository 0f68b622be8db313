// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import "golang.org/x/sys/windows"

var (
	kernel32   = windows.NewLazySystemDLL("kernel32.dll")
	ws2_32     = windows.NewLazySystemDLL("ws2_32.dll")
	kernelbase = windows.NewLazySystemDLL("kernelbase.dll")
	ntdll      = windows.NewLazySystemDLL("ntdll.dll")
)

// Functions of kernel32.dll. All of them are in Windows 10.
var (
	GetQueuedCompletionStatus    = kernel32.NewProc("GetQueuedCompletionStatus")
	GetQueuedCompletionStatusEx  = kernel32.NewProc("GetQueuedCompletionStatusEx")
	PostQueuedCompletionStatus   = kernel32.NewProc("PostQueuedCompletionStatus")
	ReadFile                     = kernel32.NewProc("ReadFile")
	WriteFile                    = kernel32.NewProc("WriteFile")
	ReadFileEx                   = kernel32.NewProc("ReadFileEx")
	WriteFileEx                  = kernel32.NewProc("WriteFileEx")
	ReadFileScatter              = kernel32.NewProc("ReadFileScatter")
	WriteFileGather              = kernel32.NewProc("WriteFileGather")
	DeviceIoControl              = kernel32.NewProc("DeviceIoControl")
	CancelIoEx                   = kernel32.NewProc("CancelIoEx")
	CancelSynchronousIo          = kernel32.NewProc("CancelSynchronousIo")
	GetOverlappedResultEx        = kernel32.NewProc("GetOverlappedResultEx")
	GetFileSizeEx                = kernel32.NewProc("GetFileSizeEx")
	SetFilePointerEx             = kernel32.NewProc("SetFilePointerEx")
	GetProcessHandleCount        = kernel32.NewProc("GetProcessHandleCount")
	ReOpenFile                   = kernel32.NewProc("ReOpenFile")
	WaitNamedPipe                = kernel32.NewProc("WaitNamedPipeW")
	PeekNamedPipe                = kernel32.NewProc("PeekNamedPipe")
	TransactNamedPipe            = kernel32.NewProc("TransactNamedPipe")
	CallNamedPipe                = kernel32.NewProc("CallNamedPipeW")
	CreateMailslot               = kernel32.NewProc("CreateMailslotW")
	GetMailslotInfo              = kernel32.NewProc("GetMailslotInfo")
	SetMailslotInfo              = kernel32.NewProc("SetMailslotInfo")
	BindIoCompletionCallback     = kernel32.NewProc("BindIoCompletionCallback")
	CreateThreadpoolIo           = kernel32.NewProc("CreateThreadpoolIo")
	StartThreadpoolIo            = kernel32.NewProc("StartThreadpoolIo")
	CancelThreadpoolIo           = kernel32.NewProc("CancelThreadpoolIo")
	WaitForThreadpoolIoCallbacks = kernel32.NewProc("WaitForThreadpoolIoCallbacks")
	CloseThreadpoolIo            = kernel32.NewProc("CloseThreadpoolIo")
	SleepEx                      = kernel32.NewProc("SleepEx")
	QueueUserAPC                 = kernel32.NewProc("QueueUserAPC")
	WaitForSingleObjectEx        = kernel32.NewProc("WaitForSingleObjectEx")
	WaitForMultipleObjectsEx     = kernel32.NewProc("WaitForMultipleObjectsEx")
)

// Functions of ws2_32.dll.
var (
	WSARecv     = ws2_32.NewProc("WSARecv")
	WSARecvFrom = ws2_32.NewProc("WSARecvFrom")
	WSASend     = ws2_32.NewProc("WSASend")
	WSASendTo   = ws2_32.NewProc("WSASendTo")
	Bind        = ws2_32.NewProc("bind")
	Connect     = ws2_32.NewProc("connect")
	Accept      = ws2_32.NewProc("accept")
	Shutdown    = ws2_32.NewProc("shutdown")
	Closesocket = ws2_32.NewProc("closesocket")
	Getsockname = ws2_32.NewProc("getsockname")
	Getpeername = ws2_32.NewProc("getpeername")
	Getsockopt  = ws2_32.NewProc("getsockopt")
	Setsockopt  = ws2_32.NewProc("setsockopt")
	Ioctlsocket = ws2_32.NewProc("ioctlsocket")

	WSAGetOverlappedResult = ws2_32.NewProc("WSAGetOverlappedResult")
)

// CompareObjectHandles, of kernelbase.dll, is in Windows 10.
var CompareObjectHandles = kernelbase.NewProc("CompareObjectHandles")

// Functions of ntdll.dll. WineVersion is there only under Wine.
var (
	NtSetIoCompletion        = ntdll.NewProc("NtSetIoCompletion")
	NtQueryObject            = ntdll.NewProc("NtQueryObject")
	NtQueryIoCompletion      = ntdll.NewProc("NtQueryIoCompletion")
	NtQueryInformationThread = ntdll.NewProc("NtQueryInformationThread")
	WineVersion              = ntdll.NewProc("wine_get_version")
)
