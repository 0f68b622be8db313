// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"math"
	"os"
	"sync"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// ODirect is the flag of [OpenFile] for transfers between the device and the caller's buffers
// that pass the page cache by: open(2), O_DIRECT. Buffers, lengths and offsets must be
// aligned then; [AlignedBuffer] makes such buffers. It is 0 where the system has no such thing.
const ODirect = sys.ODirect

// File is a file whose reads and writes are overlapped operations. Each says its own offset;
// there is no file pointer (G02, G03). Any number may be in flight, in both directions, and
// they may complete in any order (F28).
type File struct {
	Handle
}

func (f *File) endpoint() *Handle {
	if f == nil {
		return nil
	}
	return &f.Handle
}

const (
	accessRead  = 1
	accessWrite = 2
)

// OpenFile opens the named file like [os.OpenFile], with [ODirect] as a further flag. A
// directory can be opened for reading and associated (A20). It may block.
//
// Errors: those of os.OpenFile, [*os.PathError]; a file system that knows no O_DIRECT says so
// here.
func OpenFile(name string, flag int, perm os.FileMode) (*File, error) {
	return openFileOn(sys.Host, name, flag, perm)
}

func openFileOn(s sys.System, name string, flag int, perm os.FileMode) (*File, error) {
	fd, err := s.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	o, err := describeFile(s, fd, name)
	if err != nil {
		s.Close(fd)
		return nil, err
	}
	return &File{Handle: Handle{o: o}}, nil
}

// NewFile takes the descriptor of f over. On success f is closed and must not be used any
// more. The access mode is the descriptor's: no further rights are needed (A25). A pipe or
// terminal is accepted; operations on it ignore the offset.
//
// Errors: [ErrInvalidParameter] for nil; what fcntl(2) and fstat(2) report.
func NewFile(f *os.File) (*File, error) {
	if f == nil {
		return nil, parameterError("the file to adopt is nil")
	}
	rc, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var o *object
	cerr := rc.Control(func(fd uintptr) { o, err = adoptFile(fd, f.Name()) })
	if cerr != nil {
		err = &os.PathError{Op: "adopt", Path: f.Name(), Err: os.ErrClosed} // Control has no other
	}
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		o.closeFD(o.fd)
		return nil, err
	}
	return &File{Handle: Handle{o: o}}, nil
}

func adoptFile(fd uintptr, name string) (*object, error) {
	o, err := describeFile(sys.Host, int32(fd), name)
	if err != nil {
		return nil, err
	}
	if o.fd, err = sys.Adopt(fd); err != nil {
		return nil, &os.PathError{Op: "adopt", Path: name, Err: err}
	}
	return o, nil
}

// WithFile calls use with a File on f's own descriptor, which f keeps: for one operation on a
// file that stays the caller's, such as [TCPConn.SendFile], without a second descriptor. It
// returns what use returns, when every operation on the file is over; it blocks until then. The
// File must not be used afterwards. f must be a regular file or a directory.
//
// Errors, without a call of use: [ErrInvalidParameter] for nil or another kind of file; what
// fcntl(2) and fstat(2) report; [os.ErrClosed] if f is closed.
func WithFile(f *os.File, use func(*File) error) error {
	if f == nil {
		return parameterError("the file to use is nil")
	}
	rc, err := f.SyscallConn()
	if err != nil {
		return err
	}
	cerr := rc.Control(func(fd uintptr) { err = withDescriptor(int32(fd), f.Name(), use) })
	if cerr != nil {
		return &os.PathError{Op: "use", Path: f.Name(), Err: os.ErrClosed} // Control has no other
	}
	return err
}

func withDescriptor(fd int32, name string, use func(*File) error) error {
	o, err := describeFile(sys.Host, fd, name)
	if err != nil {
		return err
	}
	if o.special {
		return parameterError("the file to use is a device, a pipe or a socket, which may be non-blocking; NewFile takes those")
	}
	o.borrowed = make(chan struct{})
	file := &File{Handle: Handle{o: o}}
	err = use(file)
	file.Close()
	<-o.borrowed
	return err
}

// describeFile makes the object of a file, on the descriptor itself.
func describeFile(s sys.System, fd int32, name string) (*object, error) {
	status, errno := s.Describe(fd)
	if errno != 0 {
		return nil, &os.PathError{Op: "stat", Path: name, Err: sys.Error(errno)}
	}
	o := newObject(s, kindFile, fd, name)
	if status.Read {
		o.access |= accessRead
	}
	if status.Write {
		o.access |= accessWrite
	}
	o.appends, o.special, o.stream, o.noTry = status.Append, status.Special, status.Stream, !status.Try
	o.unsized = status.Unsized
	return o, nil
}

// start claims op for a transfer at off, or at the end with off = toEnd.
func (f *File) start(op Op, what opKind, need uint8, off int64, length int64) (*object, *core, *Overlapped, error) {
	o, err := f.endpoint().object()
	if err != nil {
		return nil, nil, nil, err
	}
	if o.access&need == 0 {
		return nil, nil, nil, o.failing(what, sys.EACCES) // G13
	}
	if off != toEnd && (off < 0 || off > math.MaxInt64-length) {
		return nil, nil, nil, o.failing(what, sys.EINVAL) // G11, G12
	}
	_, c, ov, err := f.Handle.start(op, what, noLine)
	if err != nil {
		return nil, nil, nil, err
	}
	if o.stream {
		off = -1
		ov.dir = recvLine
		if need == accessWrite {
			ov.dir, ov.steps = sendLine, true // a pipe takes what it has room for
		}
	}
	ov.req.Off = off
	return o, c, ov, nil
}

// toEnd is the offset of an append; as a request's offset it is ignored, since sys.ToEnd comes with
// it.
const toEnd = math.MinInt64

// Read starts to read into buf from offset off, in bytes. buf belongs to the port until the
// packet is taken. Bytes is less than len(buf) only if the file ends before (G05); at or
// behind its end the packet has 0 bytes and [io.EOF] (G04). An empty buf reads nothing,
// successfully (G06).
//
// Errors at the start, without a packet: EINVAL for a negative offset or one too big (G11,
// G12); EACCES if the file is not open for reading (G13); a closed handle; [ErrNotAssociated].
// Errors in the packet: what read(2) reports, [*os.PathError].
func (f *File) Read(op Op, buf []byte, off int64) error {
	o, c, ov, err := f.start(op, opRead, accessRead, max(off, -1), int64(len(buf)))
	if err != nil {
		return err
	}
	ov.setBuffer(engine.Read, buf)
	ov.tries = true
	ov.race.kernelWrites(buf)
	return o.begin(c, ov)
}

// Write starts to write buf at offset off, in bytes. buf must not be changed until the packet
// is taken. The operation completes when all is written (H17); fewer Bytes come only with an
// error. The file grows as needed, and a gap reads as zeros (G08); an empty buf changes
// nothing (G07). On a file opened with os.O_APPEND the offset is ignored (G10).
//
// Errors at the start: as [File.Read], EACCES if the file is not open for writing. Errors in
// the packet: what write(2) reports, such as ENOSPC.
func (f *File) Write(op Op, buf []byte, off int64) error {
	return f.write(op, buf, max(off, -1), 0)
}

// Append is [File.Write] at the end of the file, wherever that is when the kernel writes (G09).
// Appends do not overwrite each other.
func (f *File) Append(op Op, buf []byte) error {
	return f.write(op, buf, toEnd, sys.ToEnd)
}

func (f *File) write(op Op, buf []byte, off int64, flags uint32) error {
	o, c, ov, err := f.start(op, opWrite, accessWrite, off, int64(len(buf)))
	if err != nil {
		return err
	}
	ov.setWriteOffset(o, flags)
	ov.setBuffer(engine.Write, buf)
	ov.race.kernelReads(buf)
	return o.begin(c, ov)
}

func (ov *Overlapped) setWriteOffset(o *object, flags uint32) {
	if flags != 0 || o.appends {
		ov.req.Off = 0
		if o.stream {
			ov.req.Off, flags = -1, 0
		}
	}
	ov.req.Flags = flags
}

// Readv is [File.Read] into several buffers, filled one after the other (G14). bufs itself is
// the caller's again when Readv returns.
func (f *File) Readv(op Op, bufs [][]byte, off int64) error {
	return f.vectored(op, opReadv, engine.Readv, accessRead, bufs, off)
}

// Writev is [File.Write] from several buffers, one after the other (G14). bufs itself is the
// caller's again when Writev returns.
func (f *File) Writev(op Op, bufs [][]byte, off int64) error {
	return f.vectored(op, opWritev, engine.Writev, accessWrite, bufs, off)
}

func (f *File) vectored(op Op, what opKind, kind engine.Kind, need uint8, bufs [][]byte, off int64) error {
	var length int64
	for _, b := range bufs {
		length += int64(len(b))
	}
	o, c, ov, err := f.start(op, what, need, max(off, -1), length)
	if err != nil {
		return err
	}
	if need == accessWrite {
		ov.setWriteOffset(o, 0)
		ov.race.kernelReadsAll(bufs)
	} else {
		ov.race.kernelWritesAll(bufs)
	}
	if err := ov.setVectors(kind, bufs); err != nil {
		ov.abandon()
		return err
	}
	return o.begin(c, ov)
}

// Sync starts to bring what was written to the device: fsync(2). It covers the writes whose
// packets have been taken; one in flight may be covered or not. The packet has 0 bytes.
//
// Errors: as [File.Write]; a file open for reading only may be synced.
func (f *File) Sync(op Op) error {
	o, c, ov, err := f.endpoint().start(op, opSync, noLine)
	if err != nil {
		return err
	}
	ov.req.Kind = engine.Sync
	return o.begin(c, ov)
}

// Name returns the name the file was opened with.
func (f *File) Name() string {
	if f == nil || f.o == nil {
		return ""
	}
	return f.o.name
}

// Size returns the length of the file in bytes now. It does not send a packet (F23).
func (f *File) Size() (size int64, err error) {
	err = f.endpoint().control(func(s sys.System, fd int32) error {
		var errno sys.Errno
		size, errno = s.Size(fd)
		return f.pathError("stat", errno)
	})
	return size, err
}

// Stat describes the file. It does not send a packet.
func (f *File) Stat() (info os.FileInfo, err error) {
	err = f.endpoint().control(func(s sys.System, fd int32) error {
		info, err = s.Stat(fd, f.o.name)
		return err
	})
	return info, err
}

// Truncate makes the file size bytes long. It may block, and does not send a packet (F23).
func (f *File) Truncate(size int64) error {
	return f.endpoint().control(func(s sys.System, fd int32) error {
		return f.pathError("truncate", s.Truncate(fd, size))
	})
}

func (f *File) pathError(op string, errno sys.Errno) error {
	if errno == 0 {
		return nil
	}
	return &os.PathError{Op: op, Path: f.o.name, Err: sys.Error(errno)}
}

// Duplicate returns another handle on the same open file. It shares the association and the
// key (F19); a file opened a second time does not (A14).
func (f *File) Duplicate() (*File, error) {
	o, err := f.endpoint().object()
	if err != nil {
		return nil, err
	}
	if err := o.duplicate(); err != nil {
		return nil, err
	}
	return &File{Handle: Handle{o: o}}, nil
}

var directAlign = sync.OnceValue(func() int { return max(4096, os.Getpagesize()) })

// AlignedBuffer returns a buffer for files opened with [ODirect]: its address and its length
// are multiples of the page size, which suits every device. The length is at least n.
func AlignedBuffer(n int) []byte {
	align := directAlign()
	n = (max(n, 1) + align - 1) / align * align
	b := make([]byte, n+align)
	skip := -int(uintptr(pointer(b))) & (align - 1)
	return b[skip : skip+n : skip+n]
}
