// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys"
)

// waitingDisk is a disk file that was opened without FILE_FLAG_OVERLAPPED: the caller does the
// work himself. One operation at a time moves the file pointer.
type waitingDisk struct {
	diskState
	descriptor
}

func (d *waitingDisk) read(op *operation, buf []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	off := d.position(op)
	if err := d.checkRead(buf, off); err != nil {
		return err
	}
	if !d.use() {
		return ERROR_INVALID_HANDLE
	}
	defer d.done()
	n, err := d.readAt(buf, off)
	d.pos = off + int64(n)
	switch {
	case err != nil:
		return err
	case n == 0 && len(buf) > 0 && !op.isWait():
		return op.doneNow(STATUS_END_OF_FILE, 0) // G04
	}
	return op.doneNow(STATUS_SUCCESS, n)
}

// readAt reads until buf is full or the file ends, at most some 2 GiB a time (M05).
func (d *waitingDisk) readAt(buf []byte, off int64) (total int, err error) {
	for total < len(buf) {
		n, err := unix.Pread(d.fd, buf[total:], off+int64(total))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return total, err
		case n == 0:
			return total, nil
		}
		if total += n; d.align.offset != 0 && uint64(n)%d.align.offset != 0 {
			return total, nil // the end of the file, behind which nothing is aligned
		}
	}
	return total, nil
}

func (d *waitingDisk) write(op *operation, buf []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	off := d.position(op)
	if op.appends {
		off = atEnd
	}
	if err := d.checkWrite(buf, off); err != nil {
		return err
	}
	if !d.use() {
		return ERROR_INVALID_HANDLE
	}
	defer d.done()
	if err := d.writeAt(buf, off); err != nil {
		return err
	}
	if off == atEnd {
		d.pos = d.size()
	} else {
		d.pos = off + int64(len(buf))
	}
	return op.doneNow(STATUS_SUCCESS, len(buf))
}

// writeAt writes all of buf, at the end of the file for the offset atEnd.
func (d *waitingDisk) writeAt(buf []byte, off int64) error {
	for total := 0; total < len(buf); {
		var n int
		var err error
		if off == atEnd {
			n, err = appendTo(d.fd, buf[total:])
		} else {
			n, err = unix.Pwrite(d.fd, buf[total:], off+int64(total))
		}
		if err != nil && err != unix.EINTR {
			return err
		}
		total += max(n, 0)
	}
	return nil
}

// appendTo writes at the end of the file, wherever that is then: pwritev2(2), RWF_APPEND.
func appendTo(fd int, buf []byte) (int, error) {
	iov := unix.Iovec{Base: unsafe.SliceData(buf)}
	iov.SetLen(len(buf))
	n, _, errno := syscall.Syscall6(unix.SYS_PWRITEV2, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1, 0, 0, unix.RWF_APPEND)
	runtime.KeepAlive(buf)
	switch errno {
	case 0:
		return int(n), nil
	case syscall.ENOSYS, syscall.EOPNOTSUPP:
		return appendAnew(fd, buf)
	}
	return 0, errno
}

// appendAnew is appendTo for sandboxes and kernels without pwritev2(2).
func appendAnew(fd int, buf []byte) (int, error) {
	again, errno := sys.OpenToAppend(int32(fd))
	if errno != 0 {
		return 0, errno
	}
	defer unix.Close(int(again))
	return unix.Write(int(again), buf)
}

// position is where op begins.
func (d *waitingDisk) position(op *operation) int64 {
	if off := op.offset(); !op.isWait() && off != atPointer {
		return off
	}
	return d.pos
}

func (d *waitingDisk) size() int64 {
	var st unix.Stat_t
	unix.Fstat(d.fd, &st)
	return st.Size
}

func (d *waitingDisk) flush() error { return d.withFD(fsync) }

func (d *waitingDisk) cancel(match func(*operation) bool) int {
	return d.open.node.locks.cancel(d.open, match, STATUS_CANCELLED)
}

func (d *waitingDisk) endpoint() endpoint { return nil }

func (d *waitingDisk) close() {
	d.open.node.locks.releaseAll(d.open)
	d.open.close()
	d.done()
}
