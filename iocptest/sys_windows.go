// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"sync"

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

// threads are handles of those that were asked for their ids, which would be given to others after their
// ends without.
var threads struct {
	sync.Mutex
	by map[int]windows.Handle
}

// threadID is the id of the calling thread.
func threadID() (int, error) {
	var h windows.Handle
	self := windows.CurrentProcess()
	if err := windows.DuplicateHandle(self, windows.CurrentThread(), self, &h, windows.SYNCHRONIZE, false, 0); err != nil {
		return 0, err
	}
	threads.Lock()
	defer threads.Unlock()
	if threads.by == nil {
		threads.by = make(map[int]windows.Handle)
	}
	id := int(windows.GetCurrentThreadId())
	if old, ok := threads.by[id]; ok {
		windows.CloseHandle(old)
	}
	threads.by[id] = h
	return id, nil
}

// firstThread is the one that packages are initialized on, which Go's runtime parks instead of ending it.
var firstThread = int(windows.GetCurrentThreadId())

// isFirstThread reports whether that is the first thread of the process.
func isFirstThread(id int) bool { return id == firstThread }

// threadAlive reports whether a thread of this process, whose id threadID has returned, exists.
func threadAlive(id int) bool {
	threads.Lock()
	defer threads.Unlock()
	h, ok := threads.by[id]
	if !ok {
		return false
	}
	if event, err := windows.WaitForSingleObject(h, 0); err == nil && event != windows.WAIT_OBJECT_0 {
		return true
	}
	windows.CloseHandle(h)
	delete(threads.by, id)
	return false
}
