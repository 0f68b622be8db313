// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Extension is a function that a provider of sockets has beside the documented ones. Its address
// is asked for once, by way of the first socket it is used with. All methods may be called by any
// goroutine.
type Extension struct {
	id      windows.GUID
	address atomic.Uintptr
}

// The extensions that are used here.
var (
	AcceptEx = Extension{id: windows.GUID{
		Data1: 0xb5367df1, Data2: 0xcbac, Data3: 0x11cf, Data4: [8]byte{0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}}
	AcceptExSockaddrs = Extension{id: windows.GUID{
		Data1: 0xb5367df2, Data2: 0xcbac, Data3: 0x11cf, Data4: [8]byte{0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}}
	ConnectEx = Extension{id: windows.GUID{
		Data1: 0x25a207b9, Data2: 0xddf3, Data3: 0x4660, Data4: [8]byte{0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e}}}
	DisconnectEx = Extension{id: windows.GUID{
		Data1: 0x7fda2e11, Data2: 0x8630, Data3: 0x436f, Data4: [8]byte{0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57}}}
	TransmitFile = Extension{id: windows.GUID{
		Data1: 0xb5367df0, Data2: 0xcbac, Data3: 0x11cf, Data4: [8]byte{0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}}
)

// Of returns the function's address, for sockets like s. Errors: those of WSAIoctl.
func (x *Extension) Of(s windows.Handle) (uintptr, error) {
	if a := x.address.Load(); a != 0 {
		return a, nil
	}
	var a uintptr
	var n uint32
	err := windows.WSAIoctl(s, windows.SIO_GET_EXTENSION_FUNCTION_POINTER,
		(*byte)(unsafe.Pointer(&x.id)), uint32(unsafe.Sizeof(x.id)), (*byte)(unsafe.Pointer(&a)), uint32(unsafe.Sizeof(a)), &n, nil, 0)
	if err != nil {
		return 0, err
	}
	x.address.Store(a)
	return a, nil
}

// Known returns the address if it has been asked for, and 0 otherwise.
func (x *Extension) Known() uintptr { return x.address.Load() }

// Failed is the error number of a function that said it failed and left e as the last error, never
// 0, which would be success.
func Failed(e syscall.Errno) syscall.Errno {
	if e == 0 {
		return windows.ERROR_GEN_FAILURE
	}
	return e
}
