// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import "golang.org/x/sys/windows"

// firstThread is the one that packages are initialized on.
var firstThread = windows.GetCurrentThreadId()

// watchThread returns what reports whether the calling thread has ended, or nil if it is the first of the
// process.
func (p *Port) watchThread() (gone func() bool) {
	if windows.GetCurrentThreadId() == firstThread {
		return nil
	}
	var h windows.Handle
	self := windows.CurrentProcess()
	if err := windows.DuplicateHandle(self, windows.CurrentThread(), self, &h, windows.SYNCHRONIZE, false, 0); err != nil {
		p.Errorf("no handle of this thread: %v", err)
		return func() bool { return true }
	}
	p.Cleanup(func() { windows.CloseHandle(h) })
	return func() bool {
		event, err := windows.WaitForSingleObject(h, 0)
		return err == nil && event == windows.WAIT_OBJECT_0
	}
}
