// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netpoll

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// Open gives the descriptor fd, which does not block, to the runtime's poller: a Read of conn waits there, and a deadline
// of file ends it. It does not block. file is the caller's to close, also after an error: the poller has not
// taken fd, since what it is cannot be waited for or the process has come to a limit.
func Open(fd int, name string) (file *os.File, conn syscall.RawConn, err error) {
	file = os.NewFile(uintptr(fd), name)
	if conn, err = file.SyscallConn(); err == nil {
		err = file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		err = fmt.Errorf("the %s is not in Go's network poller: %w", name, err)
	}
	return file, conn, err
}
