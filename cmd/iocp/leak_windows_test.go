// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procNtQueryObject = windows.NewLazySystemDLL("ntdll.dll").NewProc("NtQueryObject")

// openDescriptors returns the types of the handles of files, sockets and ports that this process has. Threads,
// events and timers are not among them: Go's runtime makes those when it likes. How many handles there are
// GetProcessHandleCount does not say everywhere; they are small multiples of 4, of which those that are free are
// used again.
func openDescriptors(*testing.T) []string {
	const enough = 1024 // free numbers in a row
	var open []string
	for h, free := uintptr(4), 0; free < enough; h += 4 {
		name, ok := typeOf(h)
		if !ok {
			free++
			continue
		}
		free = 0
		if name == "File" || name == "IoCompletion" {
			open = append(open, name)
		}
	}
	return open
}

// typeOf returns the name of the type of the object that h refers to, and false if there is no such handle.
func typeOf(h uintptr) (string, bool) {
	const objectTypeInformation = 2
	var info struct {
		name windows.NTUnicodeString
		_    [1024]byte // statistics, and what name points to
	}
	r, _, _ := procNtQueryObject.Call(h, objectTypeInformation, uintptr(unsafe.Pointer(&info)), unsafe.Sizeof(info), 0)
	if r != 0 {
		return "", false
	}
	return info.name.String(), true
}
