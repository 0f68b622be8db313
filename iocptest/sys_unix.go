// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package iocptest

import (
	"io"
	"syscall"
)

// Flags of a receive, recv(2).
const (
	msgPeek    = syscall.MSG_PEEK
	msgWaitAll = syscall.MSG_WAITALL
)

// onWine is for Windows.
func onWine() bool { return false }

// filePointer reads the file pointer that read(2) and write(2) would use, lseek(2).
func filePointer(fd uintptr) (int64, error) {
	return syscall.Seek(int(fd), 0, io.SeekCurrent)
}

// setNonblock switches O_NONBLOCK.
func setNonblock(fd uintptr, on bool) error {
	return syscall.SetNonblock(int(fd), on)
}

// blockingRead returns a function that blocks in read(2), where the Go runtime does not
// see what it waits for, and one that ends it.
func blockingRead() (read, release func(), err error) {
	var fd [2]int
	if err := syscall.Pipe(fd[:]); err != nil {
		return nil, nil, err
	}
	read = func() {
		var b [1]byte
		for {
			if _, err := syscall.Read(fd[0], b[:]); err != syscall.EINTR {
				break
			}
		}
		syscall.Close(fd[0])
	}
	return read, func() { syscall.Close(fd[1]) }, nil
}
