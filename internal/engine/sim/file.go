// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"io/fs"
	"math"
	"os"
	"path"
	"time"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// inode is a regular file: pages that were written, and zeros between them.
type inode struct {
	number uint64
	pages  map[int64]*[pageSize]byte
	size   int64
	mode   fs.FileMode
}

const (
	pageSize    = 4 << 10
	maxFileSize = 1 << 46
)

// openFile is an inode as somebody has opened it.
type openFile struct {
	*inode
	name        string
	read, write bool
	append      bool
	pos         int64 // of transfers without an offset
}

func (f *openFile) end(*Machine) {}

// openFile opens a file, or makes one: open(2).
func (m *Machine) openFile(name string, flag int, perm fs.FileMode) (int32, sys.Errno) {
	name = path.Clean(name)
	f := m.files[name]
	create := flag&os.O_CREATE != 0
	switch {
	case f != nil && create && flag&os.O_EXCL != 0:
		return -1, errExists
	case f == nil && !create:
		return -1, errNoEntry
	case f == nil:
		f = m.newFile(name, perm.Perm())
	}
	const access = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
	file := &openFile{inode: f, name: name, append: flag&os.O_APPEND != 0,
		read: flag&access != os.O_WRONLY, write: flag&access != os.O_RDONLY}
	if flag&os.O_TRUNC != 0 && file.write {
		f.truncate(0)
	}
	return m.open(&node{file: file})
}

func (m *Machine) newFile(name string, perm fs.FileMode) *inode {
	m.inodes++
	f := &inode{number: m.inodes, pages: make(map[int64]*[pageSize]byte), mode: perm}
	m.files[name] = f
	return f
}

// truncate makes the file size bytes long.
func (f *inode) truncate(size int64) {
	for at, p := range f.pages {
		switch start := at * pageSize; {
		case start >= size:
			delete(f.pages, at)
		case start+pageSize > size:
			clear(p[size-start:])
		}
	}
	f.size = size
}

// transferFile carries out a read or a write. A read is short only at the end of the file, as read(2)
// promises of regular files.
func (m *Machine) transferFile(f *openFile, op *engine.Op, d *dice) int32 {
	if op.Flags&^uint32(sys.ToEnd) != 0 {
		return -int32(sys.EOPNOTSUPP)
	}
	reads := op.Kind == engine.Read || op.Kind == engine.Readv
	if reads && !f.read || !reads && !f.write {
		return -int32(sys.EBADF)
	}
	off := op.Off
	if off < 0 {
		off = f.pos
	}
	mem := memoryOf(op, 0)
	var n int
	if reads {
		n = f.readAt(&mem, off)
	} else {
		if f.append || op.Flags&uint32(sys.ToEnd) != 0 && sys.ToEnd != 0 {
			off = f.size
		}
		want := mem.left
		if off > maxFileSize-int64(want) {
			return -int32(errFileTooBig)
		}
		if want > 0 && d.hits(m.faults.Short) {
			want = d.some(want)
		}
		n = f.writeAt(&mem, off, want)
	}
	if op.Off < 0 {
		f.pos = off + int64(n)
	}
	return int32(n)
}

func (f *inode) readAt(mem *memory, off int64) (n int) {
	if off >= f.size {
		return 0
	}
	left := int(min(f.size-off, int64(mem.left), math.MaxInt32))
	for n < left {
		at := (off + int64(n)) % pageSize
		piece := mem.next(min(left-n, int(pageSize-at)))
		if p := f.pages[(off+int64(n))/pageSize]; p != nil {
			move(piece, p[at:])
		} else {
			wipe(piece)
		}
		n += len(piece)
	}
	return n
}

func (f *inode) writeAt(mem *memory, off int64, want int) (n int) {
	for n < want {
		at := (off + int64(n)) % pageSize
		piece := mem.next(min(want-n, int(pageSize-at)))
		number := (off + int64(n)) / pageSize
		p := f.pages[number]
		if p == nil {
			p = new([pageSize]byte)
			f.pages[number] = p
		}
		move(p[at:], piece)
		n += len(piece)
	}
	if n > 0 {
		f.size = max(f.size, off+int64(n))
	}
	return n
}

// fileInfo is what Stat tells.
type fileInfo struct {
	name string
	size int64
	mode fs.FileMode

	number uint64
}

func (i fileInfo) Name() string       { return path.Base(i.name) }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return i.number }

// WriteFile makes a file with this content.
func (m *Machine) WriteFile(name string, content []byte) {
	m.Lock()
	defer m.Unlock()
	f := m.files[path.Clean(name)]
	if f == nil {
		f = m.newFile(path.Clean(name), 0o600)
	}
	f.truncate(0)
	f.writeAt(&memory{one: content, left: len(content)}, 0, len(content))
}

// ReadFile returns the content of a file.
func (m *Machine) ReadFile(name string) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	f := m.files[path.Clean(name)]
	if f == nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: errNoEntry}
	}
	b := make([]byte, f.size)
	f.readAt(&memory{one: b, left: len(b)}, 0)
	return b, nil
}
