// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"

	"golang.org/x/sys/unix"
)

// What devices have that can do more than read and write.
type (
	// flusher is a device that holds back what was written. flush blocks, without a lock that
	// other operations need.
	flusher interface{ flush() error }

	// typed is a device that is no pipe or socket.
	typed interface{ fileType() uint32 }

	// positioned is a device with a size and a file pointer.
	positioned interface {
		state() *diskState
		withFD(use func(fd int) error) error
	}
)

// FlushFileBuffers writes what is held back: of a disk file to its device, of a pipe until the
// other end has read it (O08). It blocks, and sends no packet (F23).
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without the right to write;
// ERROR_INVALID_FUNCTION for what has nothing to flush; those of the system.
func FlushFileBuffers(h HANDLE) error {
	f, access, err := fileOf(h)
	if err != nil {
		return err
	}
	d, ok := f.dev.(flusher)
	switch {
	case access&(FILE_WRITE_DATA|FILE_APPEND_DATA) == 0:
		return ERROR_ACCESS_DENIED
	case !ok:
		return ERROR_INVALID_FUNCTION
	}
	return errnoOf(d.flush()).err()
}

// GetFileType tells what kind of file h is: FILE_TYPE_DISK, FILE_TYPE_CHAR or FILE_TYPE_PIPE. It does
// not block. Error: ERROR_INVALID_HANDLE, with FILE_TYPE_UNKNOWN.
func GetFileType(h HANDLE) (uint32, error) {
	f, _, err := fileOf(h)
	if err != nil {
		return FILE_TYPE_UNKNOWN, err
	}
	if d, ok := f.dev.(typed); ok {
		return d.fileType(), nil
	}
	return FILE_TYPE_PIPE, nil
}

func positionedOf(h HANDLE, right uint32) (positioned, error) {
	f, access, err := fileOf(h)
	if err != nil {
		return nil, err
	}
	d, ok := f.dev.(positioned)
	switch {
	case !ok:
		return nil, ERROR_INVALID_FUNCTION
	case right != 0 && access&right == 0:
		return nil, ERROR_ACCESS_DENIED
	}
	return d, nil
}

// GetFileSizeEx stores the size of a disk file, in bytes, in *size. It sends no packet (F23).
//
// Errors: ERROR_INVALID_HANDLE; ERROR_INVALID_FUNCTION for what has no size;
// ERROR_INVALID_PARAMETER for a nil size.
func GetFileSizeEx(h HANDLE, size *int64) error {
	d, err := positionedOf(h, 0)
	if err != nil {
		return err
	}
	if size == nil {
		return ERROR_INVALID_PARAMETER
	}
	*size, err = sizeOf(d)
	return err
}

func sizeOf(d positioned) (int64, error) {
	var st unix.Stat_t
	err := d.withFD(func(fd int) error { return unix.Fstat(fd, &st) })
	return st.Size, errnoOf(err).err()
}

// SetFilePointerEx moves the file pointer of a disk file by distance bytes from where method says,
// FILE_BEGIN, FILE_CURRENT or FILE_END, and stores the new position in *position, which may be
// nil. It may be behind the end of the file, which does not grow by that. Operations of an
// overlapped handle neither use nor move it (G03). It sends no packet, and waits for an
// operation that is moving the pointer.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_NEGATIVE_SEEK; ERROR_INVALID_PARAMETER for an undefined
// method or a position beyond 2⁶³-1; ERROR_INVALID_FUNCTION for what has no positions.
func SetFilePointerEx(h HANDLE, distance int64, position *int64, method uint32) error {
	d, err := positionedOf(h, 0)
	if err != nil {
		return err
	}
	s := d.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	var from int64
	switch method {
	case FILE_BEGIN:
	case FILE_CURRENT:
		from = s.pos
	case FILE_END:
		if from, err = sizeOf(d); err != nil {
			return err
		}
	default:
		return ERROR_INVALID_PARAMETER
	}
	switch {
	case distance > 0 && from > math.MaxInt64-distance:
		return ERROR_INVALID_PARAMETER
	case from+distance < 0:
		return ERROR_NEGATIVE_SEEK
	}
	if s.pos = from + distance; position != nil {
		*position = s.pos
	}
	return nil
}

// SetEndOfFile makes the file pointer the end of the file, which shrinks or grows. It may
// block, and sends no packet (F23).
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without the right to write;
// ERROR_INVALID_FUNCTION for what has no positions; those of the system.
func SetEndOfFile(h HANDLE) error {
	d, err := positionedOf(h, FILE_WRITE_DATA)
	if err != nil {
		return err
	}
	s := d.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	err = d.withFD(func(fd int) error {
		return ignoreEINTR(func() error { return unix.Ftruncate(fd, s.pos) })
	})
	return errnoOf(err).err()
}
