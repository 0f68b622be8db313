// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

// noFollow makes open(2) refuse a symbolic link.
const noFollow = unix.O_NOFOLLOW

// noDirect is the error of open(2) on a file system without direct I/O.
const noDirect = unix.EINVAL

// control calls f with the descriptor of file.
func control(file *iocp.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = f(int(fd)) }); err != nil {
		return err
	}
	return result
}

// isSparse reports whether a file has less room than bytes, and so holes. st_blocks
// counts 512 bytes on every file system (stat(3type)).
func isSparse(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Blocks*512 < info.Size()
}

// dataExtents yields the parts of f below size that are no holes (lseek(2), SEEK_DATA).
// A file system that cannot tell says that all is data.
func dataExtents(f *iocp.File, size int64) iter.Seq2[extent, error] {
	return func(yield func(extent, error) bool) {
		var e extent
		for e.end < size {
			err := control(f, func(fd int) error { return nextExtent(fd, size, &e) })
			if errors.Is(err, unix.ENXIO) {
				return // nothing but a hole to the end
			}
			if err != nil {
				yield(extent{}, &os.PathError{Op: "lseek", Path: f.Name(), Err: err})
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// nextExtent moves e to the first data after it, which may reach to size.
func nextExtent(fd int, size int64, e *extent) error {
	start, err := unix.Seek(fd, e.end, unix.SEEK_DATA)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
		*e = extent{e.end, size}
		return nil
	}
	if err != nil {
		return err
	}
	if start >= size {
		return unix.ENXIO
	}
	end, err := unix.Seek(fd, start, unix.SEEK_HOLE)
	if err != nil {
		return err
	}
	*e = extent{start, min(end, size)}
	return nil
}

// allocate makes room for a file of size bytes (fallocate(2)). A file system that cannot is
// no error; one that has no more room is.
func allocate(f *iocp.File, size int64) error {
	err := control(f, func(fd int) error {
		for {
			if err := unix.Fallocate(fd, 0, 0, size); err != unix.EINTR {
				return err
			}
		}
	})
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG) {
		return &os.PathError{Op: "fallocate", Path: f.Name(), Err: err}
	}
	return nil
}

// A cloner knows from which devices nothing can be cloned, so that a tree on one that
// cannot share blocks costs one refusal and not one for each file.
type cloner struct{ refused sync.Map }

// clone makes the empty file dst share all blocks of src (ioctl_ficlone(2)), which looks
// like info, and reports whether the file system did.
func (c *cloner) clone(dst, src *iocp.File, info fs.FileInfo) bool {
	device := info.Sys().(*syscall.Stat_t).Dev
	if _, refused := c.refused.Load(device); refused {
		return false
	}
	err := control(src, func(from int) error {
		return control(dst, func(to int) error { return unix.IoctlFileClone(to, from) })
	})
	if err != nil {
		c.refused.Store(device, true)
	}
	return err == nil
}

// openPlain opens a file without what os.OpenFile does to learn whether it can be polled:
// five system calls that are in vain for a regular file.
func openPlain(name string, flag int, perm fs.FileMode) (*os.File, error) {
	for {
		fd, err := unix.Open(name, flag|unix.O_CLOEXEC, uint32(perm.Perm()))
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if err != unix.EINTR {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

// rename is os.Rename without its look at the target, which refuseTarget has taken.
func rename(from, to string) error {
	if err := unix.Rename(from, to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// dropCache makes the next reads of f come from the device, where its file system lets it
// (posix_fadvise(2)). Only pages that are written out are dropped.
func dropCache(f *iocp.File) {
	control(f, func(fd int) error { return unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED) })
}

func sameOwner(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, also := b.Sys().(*syscall.Stat_t)
	return ok && also && x.Uid == y.Uid && x.Gid == y.Gid
}

func accessTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Atim.Unix())
	}
	return info.ModTime()
}

// setLinkTimes gives the link name itself the times of info.
func setLinkTimes(name string, info fs.FileInfo) error {
	times := []unix.Timespec{
		unix.NsecToTimespec(accessTime(info).UnixNano()),
		unix.NsecToTimespec(info.ModTime().UnixNano()),
	}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, name, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &os.PathError{Op: "utimensat", Path: name, Err: err}
	}
	return nil
}
