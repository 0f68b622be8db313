// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// kernelObstacles are those that the kernel puts up.
type kernelObstacles struct {
	polled *os.File // an empty pipe in the runtime's poller
	feed   *os.File
	plain  [2]int // an empty pipe whose read(2) blocks a thread
}

func (o *kernelObstacles) open() error {
	if err := unix.Pipe2(o.plain[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe2: %w", err)
	}
	var err error
	if o.polled, o.feed, err = os.Pipe(); err != nil {
		unix.Close(o.plain[0])
		unix.Close(o.plain[1])
		return err
	}
	return nil
}

// blockThread blocks the calling goroutine's thread in read(2) until remove is called.
func (o *kernelObstacles) blockThread() {
	var b [1]byte
	for {
		if _, err := unix.Read(o.plain[0], b[:]); err != unix.EINTR {
			return
		}
	}
}

// remove lets everybody go. The thread in read(2) gets its byte rather than the end of file:
// a child between fork and exec may hold the other end of the pipe open.
func (o *kernelObstacles) remove() {
	unix.Write(o.plain[1], []byte{0})
	o.feed.Write([]byte{0})
}

// close releases the descriptors, which nobody may be using any more.
func (o *kernelObstacles) close() {
	o.polled.Close()
	o.feed.Close()
	unix.Close(o.plain[0])
	unix.Close(o.plain[1])
}
