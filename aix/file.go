// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp"
)

// file is a regular file and the ports its AIO requests may name. It does not change.
type file struct {
	ports []filePort
}

// filePort is a file on one port, with a descriptor of its own.
type filePort struct {
	port *port
	key  uint32
	f    *iocp.File
}

// on returns the file on p, or nil.
func (f *file) on(p *port) *filePort {
	if f != nil {
		for i := range f.ports {
			if f.ports[i].port == p {
				return &f.ports[i]
			}
		}
	}
	return nil
}

// with returns f, or a new file, with one port more.
func (f *file) with(h HANDLE, p *port, key uint32) (*file, error) {
	dup, err := duplicateFile(h)
	if err != nil {
		return nil, err
	}
	if err := p.p.Associate(dup, nil); err != nil {
		dup.Close()
		return nil, err
	}
	more := new(file)
	if f != nil {
		more.ports = slices.Clone(f.ports)
	}
	more.ports = append(more.ports, filePort{p, key, dup})
	return more, nil
}

// close asks the requests of the file to end.
func (f *file) close() {
	for _, on := range f.ports {
		on.f.Close()
	}
}

// duplicateFile makes an endpoint of the file behind h.
func duplicateFile(h HANDLE) (*iocp.File, error) {
	fd, err := unix.FcntlInt(uintptr(h), unix.F_DUPFD_CLOEXEC, firstPort)
	if err != nil {
		return nil, err
	}
	dup := os.NewFile(uintptr(fd), "file")
	f, err := iocp.NewFile(dup)
	if err != nil {
		dup.Close()
		return nil, err
	}
	return f, nil
}

// regular reports whether h is a regular file, and no port.
func regular(h HANDLE) (identity, error) {
	if h < 0 {
		return identity{}, syscall.EBADF
	}
	id, mode, err := identify(h)
	if err != nil {
		return id, plain(err)
	}
	if e := lookup(h); mode&unix.S_IFMT != unix.S_IFREG || e != nil && e.port != nil && e.id == id {
		return id, syscall.EINVAL
	}
	return id, nil
}
