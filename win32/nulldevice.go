// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "golang.org/x/sys/unix"

// nullDevice takes everything and has nothing, at once (A22).
type nullDevice struct{}

var nullDeviceNumber = unix.Mkdev(1, 3) // null(4)

func (nullDevice) read(op *operation, buf []byte) error {
	if op.isWait() {
		return op.doneNow(STATUS_SUCCESS, 0)
	}
	return op.doneNow(STATUS_END_OF_FILE, 0)
}

func (nullDevice) write(op *operation, buf []byte) error {
	return op.doneNow(STATUS_SUCCESS, len(buf))
}

func (nullDevice) flush() error                     { return nil }
func (nullDevice) fileType() uint32                 { return FILE_TYPE_CHAR }
func (nullDevice) cancel(func(*operation) bool) int { return 0 }
func (nullDevice) endpoint() endpoint               { return nil }
func (nullDevice) close()                           {}
