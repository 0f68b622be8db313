// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/windows"
)

// kernelObstacles are those that the system puts up.
type kernelObstacles struct {
	polled *os.File       // the reading end of an empty pipe, in the runtime's poller
	feed   windows.Handle // its other end
	event  windows.Handle // not set; a wait for it blocks a thread
}

func (o *kernelObstacles) open() error {
	var err error
	if o.event, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return fmt.Errorf("CreateEvent: %w", err)
	}
	if err := o.openPipe(); err != nil {
		windows.CloseHandle(o.event)
		return err
	}
	return nil
}

// openPipe makes a pipe whose reading end the runtime's poller takes, which it does for handles
// that were opened for overlapped I/O. CreatePipe has none such, so the pipe has a name. It is for
// nobody else: one instance, nobody from another machine, and whom the creator's security
// descriptor lets write. Its buffer takes the byte that remove sends although nobody may be reading.
func (o *kernelObstacles) openPipe() error {
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`\\.\pipe\iocp-%d-%016x`, os.Getpid(), rand.Uint64()))
	if err != nil {
		return err
	}
	const access = windows.PIPE_ACCESS_INBOUND | windows.FILE_FLAG_OVERLAPPED | windows.FILE_FLAG_FIRST_PIPE_INSTANCE
	r, err := windows.CreateNamedPipe(name, access, windows.PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 16, 0, nil)
	if err != nil {
		return fmt.Errorf("CreateNamedPipe: %w", err)
	}
	if o.feed, err = windows.CreateFile(name, windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0); err != nil {
		windows.CloseHandle(r)
		return fmt.Errorf("CreateFile: %w", err)
	}
	o.polled = os.NewFile(uintptr(r), "pipe")
	return nil
}

// blockThread blocks the calling goroutine's thread until remove is called.
func (o *kernelObstacles) blockThread() { windows.WaitForSingleObject(o.event, windows.INFINITE) }

// remove lets everybody go.
func (o *kernelObstacles) remove() {
	windows.SetEvent(o.event)
	var n uint32
	windows.WriteFile(o.feed, []byte{0}, &n, nil)
}

// close closes the handles, which nobody may be using any more.
func (o *kernelObstacles) close() {
	o.polled.Close()
	windows.CloseHandle(o.feed)
	windows.CloseHandle(o.event)
}
