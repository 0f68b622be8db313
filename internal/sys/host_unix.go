// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sys

import (
	"io"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// host is the kernel that runs the program: what all Unix systems do in the same way.
type host struct{}

// errnoOf is the number in an error of package unix.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(Errno); ok {
		return errno
	}
	return EINVAL
}

func (host) Bind(fd int32, addr netip.AddrPort) Errno {
	return errnoOf(unix.Bind(int(fd), unixAddr(addr)))
}

func unixAddr(addr netip.AddrPort) unix.Sockaddr {
	ip := addr.Addr()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: ip.As16(), ZoneId: zoneIndex(ip.Zone())}
}

func (host) Listen(fd int32, backlog int) Errno { return errnoOf(unix.Listen(int(fd), backlog)) }
func (host) Shutdown(fd int32, how int) Errno   { return errnoOf(unix.Shutdown(int(fd), how)) }

func (host) Close(fd int32) Errno { return errnoOf(syscall.Close(int(fd))) }

func (host) Truncate(fd int32, size int64) Errno { return errnoOf(unix.Ftruncate(int(fd), size)) }

func (host) Size(fd int32) (int64, Errno) {
	var st unix.Stat_t
	err := unix.Fstat(int(fd), &st)
	return st.Size, errnoOf(err)
}

// Stat goes through a copy of the descriptor, since an os.File closes its own.
func (host) Stat(fd int32, name string) (os.FileInfo, error) {
	d, err := duplicate(uintptr(fd))
	if err != nil {
		return nil, &os.PathError{Op: "stat", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(d), name)
	defer f.Close()
	return f.Stat()
}

func (host) Describe(fd int32) (FileStatus, Errno) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return FileStatus{}, errnoOf(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(fd), &st); err != nil {
		return FileStatus{}, errnoOf(err)
	}
	s := FileStatus{Append: flags&unix.O_APPEND != 0}
	access := flags & unix.O_ACCMODE
	s.Read, s.Write = access != unix.O_WRONLY, access != unix.O_RDONLY
	kind := uint32(st.Mode) & unix.S_IFMT
	switch kind {
	case unix.S_IFIFO, unix.S_IFCHR, unix.S_IFSOCK:
		_, err := unix.Seek(int(fd), 0, io.SeekCurrent)
		s.Special, s.Stream = true, err != nil || terminal(fd)
	}
	s.Try = triesReads && kind == unix.S_IFREG && flags&ODirect == 0
	s.Unsized = s.Try && st.Size == 0
	return s, 0
}

// terminal reports whether a device is one: some systems let lseek(2) do as if it had offsets.
func terminal(fd int32) bool {
	_, err := unix.IoctlGetTermios(int(fd), getTermios)
	return err == nil
}

// OpenFile makes a copy of what os.OpenFile opens, which knows what has to be done on which system.
func (host) OpenFile(name string, flag int, perm os.FileMode) (int32, error) {
	f, err := openFile(name, flag, perm)
	if err != nil {
		return -1, err
	}
	defer f.Close()
	rc, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := int32(-1)
	cerr := rc.Control(func(s uintptr) { fd, err = Adopt(s) })
	if cerr != nil {
		return -1, cerr
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return fd, nil
}

// Adopt makes a descriptor of our own of one that a net.Conn, a net.Listener or an os.File of this
// process has, fit for the engines; who calls it closes that. On Unix it is a copy, and the original
// takes its mode.
func Adopt(fd uintptr) (int32, error) {
	d, err := duplicate(fd)
	if err != nil {
		return -1, err
	}
	if err := prepare(d); err != nil {
		unix.Close(d)
		return -1, err
	}
	return int32(d), nil
}

func duplicate(fd uintptr) (int, error) { return unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }
