// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package netconn

import (
	"os"

	"golang.org/x/sys/unix"

	"iocp"
)

// duplicate opens src once more for the port, because [iocp.NewFile] takes its file over and
// src stays the caller's. Both share the offset (dup(2)), which operations on the port
// neither use nor move.
func duplicate(src *os.File) (*iocp.File, error) {
	raw, err := src.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var dupErr error
	err = raw.Control(func(s uintptr) {
		fd, dupErr = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = dupErr
	}
	if err != nil {
		return nil, err
	}
	own := os.NewFile(uintptr(fd), src.Name())
	f, err := iocp.NewFile(own)
	if err != nil {
		own.Close()
	}
	return f, err
}
