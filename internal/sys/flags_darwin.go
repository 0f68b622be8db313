// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

const (
	AcceptFlags = 0
	MsgNoSignal = 0 // see quiet

	// ODirect is a flag of OpenFile that open(2) has not: it stands for F_NOCACHE of fcntl(2).
	ODirect = 1 << 32
)

// openFile opens a file with ODirect, or without.
func openFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, flag&^ODirect, perm)
	if err != nil || flag&ODirect == 0 {
		return f, err
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_NOCACHE, 1); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "fcntl", Path: name, Err: err}
	}
	return f, nil
}
