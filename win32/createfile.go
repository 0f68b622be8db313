// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"iocp"
)

// CreateFile opens or makes a file, directory, device or the client's end of a pipe or mailslot.
// With FILE_FLAG_OVERLAPPED the handle can be associated with a port (A17), and its operations
// need an OVERLAPPED each (F14); without it they wait and there is a file position.
//
//   - access: GENERIC_READ, GENERIC_WRITE, GENERIC_ALL, or single rights such as
//     FILE_READ_DATA; 0 opens the file for questions about it, and can be associated too (A25).
//     With FILE_APPEND_DATA and not FILE_WRITE_DATA every write is at the end (G10).
//   - share: what other handles may do meanwhile, checked in both directions between the handles
//     of this process.
//   - disposition: CREATE_NEW to TRUNCATE_EXISTING. Whether CREATE_ALWAYS and OPEN_ALWAYS
//     found a file, which the documentation leaves in the last error of a success, is not
//     told: the result is nil. Who has to know tries CREATE_NEW first.
//   - flags: NO_BUFFERING asks for transfers past the cache, whose addresses, lengths and
//     offsets must be multiples of the block size (ERROR_INVALID_PARAMETER). BACKUP_SEMANTICS
//     is needed for directories (A20). DELETE_ON_CLOSE removes the name when all handles on
//     the file are closed; until then it cannot be opened again once the one with the flag is.
//     Attributes other than READONLY, and POSIX_SEMANTICS, mean nothing here.
//   - template: 0, or the handle of a file; its extended attributes are not copied.
//
// Names are those of the system, and "NUL", "CONIN$" and "CONOUT$"; names that begin with
// \\.\pipe\ or \\.\mailslot\ are pipes and mailslots of this process. There are no security
// attributes: permissions are the system's, with the process's umask, and handles are not
// inherited. Terminals cannot be associated (A18).
//
// It may block, on slow file systems and for a FIFO without the other end. Errors (the handle is
// INVALID_HANDLE_VALUE): ERROR_FILE_NOT_FOUND; ERROR_PATH_NOT_FOUND, also for an empty name;
// ERROR_ACCESS_DENIED, also for a directory without BACKUP_SEMANTICS and a file that is being
// deleted; ERROR_SHARING_VIOLATION; ERROR_FILE_EXISTS with CREATE_NEW; ERROR_INVALID_NAME for a name
// with a zero byte; ERROR_INVALID_HANDLE for a template that is none; ERROR_INVALID_PARAMETER for
// an undefined disposition or share mode, for TRUNCATE_EXISTING without GENERIC_WRITE, for NO_BUFFERING with
// FILE_APPEND_DATA, or where the file system has no way past the cache (N01); ERROR_TOO_MANY_OPEN_FILES;
// those of the system.
func CreateFile(name string, access, share, disposition, flags uint32, template HANDLE) (HANDLE, error) {
	r := openRequest{name: name, access: access, share: share, disposition: disposition, flags: flags}
	if err := r.check(template); err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	h, ok, err := r.openNamed()
	if !ok {
		h, err = r.open()
	}
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	return h, nil
}

// openRequest is the arguments of CreateFile.
type openRequest struct {
	name                              string
	access, share, disposition, flags uint32
}

// check finds what is wrong with the arguments, and turns the rights into those of files.
func (r *openRequest) check(template HANDLE) error {
	switch {
	case r.name == "":
		return ERROR_PATH_NOT_FOUND
	case strings.IndexByte(r.name, 0) >= 0:
		return ERROR_INVALID_NAME
	case r.disposition < CREATE_NEW || r.disposition > TRUNCATE_EXISTING,
		r.share&^(FILE_SHARE_READ|FILE_SHARE_WRITE|FILE_SHARE_DELETE) != 0,
		r.disposition == TRUNCATE_EXISTING && r.access&(GENERIC_WRITE|GENERIC_ALL) == 0,
		r.has(FILE_FLAG_NO_BUFFERING) && r.access&FILE_APPEND_DATA != 0:
		return ERROR_INVALID_PARAMETER
	}
	if template != 0 {
		if _, _, err := fileOf(template); err != nil {
			return err
		}
	}
	r.access = fileAccess(r.access) | FILE_READ_ATTRIBUTES | SYNCHRONIZE
	if r.has(FILE_FLAG_DELETE_ON_CLOSE) {
		r.access |= DELETE
	}
	return nil
}

func (r *openRequest) has(flag uint32) bool { return r.flags&flag != 0 }

// fileAccess turns generic rights into those of files.
func fileAccess(access uint32) uint32 {
	for _, m := range [...]struct{ generic, specific uint32 }{
		{GENERIC_READ, FILE_GENERIC_READ},
		{GENERIC_WRITE, FILE_GENERIC_WRITE},
		{GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
		{GENERIC_ALL, FILE_ALL_ACCESS},
	} {
		if access&m.generic != 0 {
			access = access&^m.generic | m.specific
		}
	}
	return access
}

// exceeds reports whether the rights allow to read or write what the others do not.
func exceeds(access, others uint32) bool {
	more := access &^ others
	appends := others&(FILE_WRITE_DATA|FILE_APPEND_DATA) == 0 && more&FILE_APPEND_DATA != 0
	return more&(FILE_READ_DATA|FILE_WRITE_DATA) != 0 || appends
}

// open opens something that has a name in the file system.
func (r *openRequest) open() (HANDLE, error) {
	fd, err := r.openDescriptor()
	if err != nil {
		return 0, err
	}
	f, err := r.adopt(fd)
	if err != nil {
		return 0, err
	}
	return open(f, r.access)
}

// openDescriptor makes the system call.
func (r *openRequest) openDescriptor() (int, error) {
	perm := uint32(0o666)
	if r.has(FILE_ATTRIBUTE_READONLY) {
		perm = 0o444
	}
	fd, err := openRetry(r.name, r.openFlags(), perm)
	if err == unix.EISDIR && r.has(FILE_FLAG_BACKUP_SEMANTICS) && !r.truncates() {
		fd, err = openRetry(r.name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	}
	switch err {
	case nil:
		return fd, nil
	case unix.EISDIR:
		return 0, ERROR_ACCESS_DENIED
	case unix.ENOENT:
		if _, err := os.Stat(filepath.Dir(r.name)); err != nil {
			return 0, ERROR_PATH_NOT_FOUND
		}
	}
	return 0, errnoOf(err).err()
}

func openRetry(name string, flags int, perm uint32) (fd int, err error) {
	for {
		fd, err = unix.Open(name, flags|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_LARGEFILE, perm)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// openFlags is the second argument of open(2). That the file is to be emptied is not among them:
// first it must be sure that it may be opened at all.
func (r *openRequest) openFlags() int {
	flags := 0
	reads := r.access&FILE_READ_DATA != 0
	switch writes := r.access&(FILE_WRITE_DATA|FILE_APPEND_DATA) != 0 || r.truncates(); {
	case writes && !reads:
		flags = unix.O_WRONLY
	case writes:
		flags = unix.O_RDWR
	case !reads && r.disposition == OPEN_EXISTING:
		return unix.O_PATH // needs no permission to read (A25)
	}
	switch r.disposition {
	case CREATE_NEW:
		flags |= unix.O_CREAT | unix.O_EXCL
	case CREATE_ALWAYS, OPEN_ALWAYS:
		flags |= unix.O_CREAT
	}
	if r.has(FILE_FLAG_NO_BUFFERING) {
		flags |= unix.O_DIRECT
	}
	if r.has(FILE_FLAG_WRITE_THROUGH) {
		flags |= unix.O_DSYNC
	}
	return flags
}

func (r *openRequest) truncates() bool {
	return r.disposition == CREATE_ALWAYS || r.disposition == TRUNCATE_EXISTING
}

// adopt makes the file of a descriptor, which it takes over.
func (r *openRequest) adopt(fd int) (*file, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	if err != nil {
		unix.Close(fd)
		return nil, errnoOf(err).err()
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR:
		return r.adoptShared(fd, &st)
	case unix.S_IFCHR:
		if st.Rdev == nullDeviceNumber {
			unix.Close(fd)
			return r.newFile(nullDevice{}), nil
		}
		return r.adoptStream(fd, FILE_TYPE_CHAR)
	case unix.S_IFBLK:
		return r.adoptStream(fd, FILE_TYPE_DISK)
	default:
		return r.adoptStream(fd, FILE_TYPE_PIPE)
	}
}

func (r *openRequest) newFile(dev device) *file {
	return newFile(dev, r.has(FILE_FLAG_OVERLAPPED), false)
}

// adoptShared is adopt for what has share modes.
func (r *openRequest) adoptShared(fd int, st *unix.Stat_t) (*file, error) {
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	if isDir && !r.has(FILE_FLAG_BACKUP_SEMANTICS) {
		unix.Close(fd)
		return nil, ERROR_ACCESS_DENIED
	}
	o, err := share(r, fd, st)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	if isDir {
		return r.newFile(newDirectory(fd, r.name, o)), nil
	}
	f, err := r.adoptDisk(fd, o, st)
	if err != nil {
		o.close()
	}
	return f, err
}

func (r *openRequest) adoptDisk(fd int, o *opened, st *unix.Stat_t) (*file, error) {
	if r.truncates() && st.Size > 0 {
		if err := ignoreEINTR(func() error { return unix.Ftruncate(fd, 0) }); err != nil {
			unix.Close(fd)
			return nil, errnoOf(err).err()
		}
	}
	if r.has(FILE_FLAG_SEQUENTIAL_SCAN) {
		unix.Fadvise(fd, 0, 0, unix.FADV_SEQUENTIAL)
	} else if r.has(FILE_FLAG_RANDOM_ACCESS) {
		unix.Fadvise(fd, 0, 0, unix.FADV_RANDOM)
	}
	var align alignment
	if r.has(FILE_FLAG_NO_BUFFERING) {
		align = alignmentOf(fd)
	}
	if !r.has(FILE_FLAG_OVERLAPPED) {
		d := &waitingDisk{diskState: diskState{open: o, align: align}}
		d.descriptor.own(fd)
		o.withFD = d.withFD
		return r.newFile(d), nil
	}
	f, err := endpointOf(fd, r.name)
	if err != nil {
		return nil, err
	}
	d := &disk{diskState: diskState{open: o, align: align}, f: f}
	o.withFD = d.withFD
	return r.newFile(d), nil
}

// adoptStream is adopt for what has neither share modes nor, mostly, positions.
func (r *openRequest) adoptStream(fd int, kind uint32) (*file, error) {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
		r.flags &^= FILE_FLAG_OVERLAPPED // A18
	}
	f, err := endpointOf(fd, r.name)
	if err != nil {
		return nil, err
	}
	return r.newFile(&streamFile{f: f, kind: kind}), nil
}

// endpointOf takes fd over.
func endpointOf(fd int, name string) (*iocp.File, error) {
	t := os.NewFile(uintptr(fd), name)
	f, err := iocp.NewFile(t)
	if err != nil {
		t.Close()
		return nil, errnoOf(err).err()
	}
	return f, nil
}

func ignoreEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
