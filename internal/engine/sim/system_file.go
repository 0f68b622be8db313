// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"os"

	"iocp/internal/sys"
)

// openFile calls f with an open file, under the lock.
func (s system) file(what string, fd int32, f func(*openFile) sys.Errno) (errno sys.Errno) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	switch n := m.node(fd); {
	case n == nil:
		errno = sys.EBADF
	case n.file == nil:
		errno = sys.EINVAL
	default:
		errno = f(n.file)
	}
	m.called(what, fd, int64(errno))
	return errno
}

// OpenFile opens a file of the machine, which has one directory: names are taken as they are.
func (s system) OpenFile(name string, flag int, perm os.FileMode) (int32, error) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	fd, errno := int32(-1), sys.Errno(0)
	if d := m.callDice(); d.hits(m.faults.NoFiles) {
		errno = tooMany(d)
	} else {
		fd, errno = m.openFile(name, flag, perm)
	}
	m.called("open", fd, int64(errno))
	if errno != 0 {
		return -1, &os.PathError{Op: "open", Path: name, Err: errno}
	}
	return fd, nil
}

func (s system) Describe(fd int32) (sys.FileStatus, sys.Errno) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	switch n := m.node(fd); {
	case n == nil:
		return sys.FileStatus{}, sys.EBADF
	case n.file != nil:
		f := n.file
		// Without Try: whether it is tried depends on the number of processors.
		return sys.FileStatus{Read: f.read, Write: f.write, Append: f.append}, 0
	case n.sock.typ == typePipe:
		return sys.FileStatus{Read: n.sock.rx != nil, Write: n.sock.tx != nil, Special: true, Stream: true}, 0
	}
	return sys.FileStatus{Read: true, Write: true, Special: true, Stream: true}, 0
}

func (s system) Size(fd int32) (size int64, errno sys.Errno) {
	errno = s.file("size", fd, func(f *openFile) sys.Errno {
		size = f.size
		return 0
	})
	return size, errno
}

func (s system) Truncate(fd int32, size int64) sys.Errno {
	return s.file("truncate", fd, func(f *openFile) sys.Errno {
		switch {
		case size < 0 || !f.write:
			return sys.EINVAL
		case size > maxFileSize:
			return errFileTooBig
		}
		f.truncate(size)
		return 0
	})
}

func (s system) Stat(fd int32, name string) (os.FileInfo, error) {
	var info fileInfo
	errno := s.file("stat", fd, func(f *openFile) sys.Errno {
		info = fileInfo{name: name, size: f.size, mode: f.mode, number: f.number}
		return 0
	})
	if errno != 0 {
		return nil, &os.PathError{Op: "stat", Path: name, Err: errno}
	}
	return info, nil
}
