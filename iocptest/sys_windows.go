// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"

	"golang.org/x/sys/windows"
)

// Flags of a receive.
const (
	msgPeek    = windows.MSG_PEEK
	msgWaitAll = windows.MSG_WAITALL
)

// onWine reports whether this is Wine, which says so with a function of its own in ntdll.
func onWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// filePointer reads the file pointer that a synchronous ReadFile or WriteFile would use.
func filePointer(h uintptr) (int64, error) {
	return windows.Seek(windows.Handle(h), 0, io.SeekCurrent)
}

// setNonblock is for systems on which the mode can be set behind the back of package net.
func setNonblock(uintptr, bool) error { return errors.ErrUnsupported }

// blockingRead returns a function that blocks in ReadFile, where the Go runtime does not see what
// it waits for, and one that ends it.
func blockingRead() (read, release func(), err error) {
	var r, w windows.Handle
	if err := windows.CreatePipe(&r, &w, nil, 0); err != nil {
		return nil, nil, err
	}
	read = func() {
		var b [1]byte
		windows.Read(r, b[:])
		windows.CloseHandle(r)
	}
	return read, func() { windows.CloseHandle(w) }, nil
}

// threadID is the id of the calling thread.
func threadID() (int, error) { return int(windows.GetCurrentThreadId()), nil }

// isFirstThread reports whether that is the first thread of the process. Nobody asks for it on
// Windows, where Go ends that one like any other.
func isFirstThread(int) bool { return false }

// threadAlive reports whether a thread of this process exists.
func threadAlive(id int) bool {
	h, err := windows.OpenThread(windows.SYNCHRONIZE, false, uint32(id))
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	event, err := windows.WaitForSingleObject(h, 0)
	return err != nil || event != windows.WAIT_OBJECT_0
}
