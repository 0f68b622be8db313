// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// FuzzCalls makes any sequence of calls with any arguments: ports, sockets and files that are
// open or have been closed, numbers that never were descriptors, offsets, sizes and timeouts of
// all kinds. Every call answers with an errno that its documentation names, nothing panics, and in
// the end nothing is left open.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 1, 1, 0, 4, 0, 1, 6, 0, 5, 0, 3, 7, 0, 3, 0})
	f.Add([]byte{0, 3, 1, 1, 0, 8, 0, 0, 1, 9, 0, 0, 2, 10, 0, 11, 0, 12, 0, 3, 7, 0})
	f.Add([]byte{0, 0, 2, 1, 1, 0, 1, 1, 0, 6, 1, 2, 13, 1, 5, 1, 4, 13, 0, 7, 1, 3})
	f.Fuzz(func(t *testing.T, program []byte) {
		before := openFiles()
		defer func() {
			if t.Failed() {
				t.Logf("open: %v", fileNames())
			}
		}()
		m := &machine{T: t, rest: program[:min(len(program), 512)]}
		m.run()
		eventually(t, "everything to be closed", func() bool { return openFiles() <= before })
	})
}

// machine runs a program of calls.
type machine struct {
	*testing.T
	rest []byte

	ports, dead []HANDLE // dead ports keep their number to themselves: it may be somebody's
	fds         []HANDLE // sockets and files, open or closed, at numbers that nobody else gets
	open        map[HANDLE]bool
	blocks      []*AIOCB
	next        HANDLE
}

// never are numbers that are no descriptors.
var never = []HANDLE{-1, -2, math.MinInt32, math.MaxInt32, 1 << 20}

func (m *machine) run() {
	defer m.end()
	for len(m.rest) > 0 && m.step() {
	}
}

func (m *machine) byte() int {
	if len(m.rest) == 0 {
		return 0
	}
	b := m.rest[0]
	m.rest = m.rest[1:]
	return int(b)
}

func pick[T any](m *machine, lists ...[]T) (v T) {
	all := slices.Concat(lists...)
	if len(all) == 0 {
		return v
	}
	return all[m.byte()%len(all)]
}

// anyPort and anyFile take mostly what is meant, and everything else. A dead port is never taken
// for a file, since its number may be that of a descriptor of the package's own.
func (m *machine) anyPort() HANDLE { return pick(m, m.ports, m.dead, m.fds, never, []HANDLE{NULL}) }
func (m *machine) anyFile() HANDLE { return pick(m, m.fds, m.ports, never, []HANDLE{NULL}) }

func (m *machine) size() int { return [...]int{0, 1, 7, 4096, 1 << 20}[m.byte()%5] }

func (m *machine) number() uint32 {
	return [...]uint32{0, 1, 2, 7, 64, 65, 1 << 31, math.MaxUint32}[m.byte()%8]
}

func (m *machine) offset() int64 {
	return [...]int64{0, 1, 4096, -1, math.MinInt64, math.MaxInt64, math.MaxInt64 - 100, 1 << 40}[m.byte()%8]
}

// allowed fails the test for an error that the call must not have.
func (m *machine) allowed(call string, err error, errnos ...syscall.Errno) {
	m.Helper()
	if err == nil {
		return
	}
	errno, isErrno := err.(syscall.Errno)
	if !isErrno || !slices.Contains(errnos, errno) {
		m.Fatalf("%s: %v (%T)", call, err, err)
	}
}

// step makes one call.
func (m *machine) step() bool {
	steps := [...]func(){m.create, m.associate, m.openSockets, m.openFile, m.read, m.write, m.get,
		m.multiple, m.post, m.startAIO, m.listAIO, m.askAIO, m.cancelAIO, m.close, m.shutdown}
	steps[m.byte()%len(steps)]()
	return len(m.ports) < 8 && len(m.fds) < 32 && len(m.blocks) < 64
}

func (m *machine) create() {
	h, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, pick(m, []HANDLE{NULL}, never), m.number(), m.number())
	m.allowed("create", err, syscall.EBADF, syscall.EINVAL)
	if err == nil {
		m.ports = append(m.ports, h)
	}
}

func (m *machine) associate() {
	fd, port := m.anyFile(), m.anyPort()
	if fd == INVALID_HANDLE_VALUE {
		fd = -3
	}
	h, err := CreateIoCompletionPort(fd, port, m.number(), m.number())
	m.allowed("associate", err, syscall.EBADF, syscall.EINVAL, syscall.EALREADY)
	switch {
	case err != nil && h != NULL:
		m.Fatalf("a failed association returned %d", h)
	case err == nil && port == NULL:
		m.ports = append(m.ports, h)
	case err == nil && h != port:
		m.Fatalf("an association with %d returned %d", port, h)
	}
}

// own gives fd a number that is not used again in this program.
func (m *machine) own(fd int) {
	if m.open == nil {
		m.open, m.next = make(map[HANDLE]bool), 500
	}
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, int(m.next))
	ok(m, err)
	unix.Close(fd)
	m.next = HANDLE(d) + 1
	m.fds = append(m.fds, HANDLE(d))
	m.open[HANDLE(d)] = true
}

// openSockets opens sockets. They are non-blocking, so that synchronous calls return.
func (m *machine) openSockets() {
	kinds := [...]int{unix.SOCK_STREAM, unix.SOCK_DGRAM}
	kind := kinds[m.byte()%2] | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	if m.byte()%2 == 0 {
		fd, err := unix.Socket(unix.AF_INET, kind, 0)
		ok(m, err)
		m.own(fd)
		return
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	ok(m, err)
	m.own(fds[0])
	m.own(fds[1])
}

func (m *machine) openFile() {
	fd, err := unix.MemfdCreate("fuzz", unix.MFD_CLOEXEC)
	ok(m, err)
	m.own(fd)
}

func (m *machine) overlapped() *OVERLAPPED {
	if m.byte()%3 == 0 {
		return nil
	}
	return new(OVERLAPPED)
}

func (m *machine) read() {
	var n uint32
	buf := make([]byte, m.size())
	err := ReadFile(m.anyFile(), buf, &n, m.overlapped())
	m.allowed("ReadFile", err, syscall.EINPROGRESS, syscall.EAGAIN, syscall.EINVAL, syscall.ENOTCONN, syscall.ECONNREFUSED)
	if int(n) > len(buf) {
		m.Fatalf("ReadFile read %d bytes of %d", n, len(buf))
	}
}

func (m *machine) write() {
	var n uint32
	buf := make([]byte, m.size())
	err := WriteFile(m.anyFile(), buf, &n, m.overlapped())
	m.allowed("WriteFile", err, syscall.EINPROGRESS, syscall.EAGAIN, syscall.EINVAL, syscall.ENOTCONN, syscall.EPIPE,
		syscall.EMSGSIZE, syscall.ECONNREFUSED)
	if int(n) > len(buf) {
		m.Fatalf("WriteFile wrote %d bytes of %d", n, len(buf))
	}
}

// packet checks the errno of a packet.
func (m *machine) packet(errno syscall.Errno) {
	m.Helper()
	if errno != 0 {
		m.allowed("the packet", errno, syscall.ENOTCONN, syscall.EPIPE, syscall.ECANCELED, syscall.EMSGSIZE, syscall.EFBIG, syscall.EINVAL,
			syscall.ECONNREFUSED)
	}
}

func (m *machine) get() {
	var n, key uint32
	var ov *OVERLAPPED
	err := GetQueuedCompletionStatus(m.anyPort(), &n, &key, &ov, uint32(m.byte()%2))
	if ov == nil {
		m.allowed("GetQueuedCompletionStatus", err, syscall.ETIMEDOUT, syscall.EINVAL)
	} else if err != nil {
		m.packet(err.(syscall.Errno))
	}
}

func (m *machine) multiple() {
	results := make([]Gmcs, m.size()%100)
	n, err := GetMultipleCompletionStatus(m.anyPort(), m.number(), m.number(), uint32(m.byte()%2), results)
	m.allowed("GetMultipleCompletionStatus", err, syscall.ETIMEDOUT, syscall.EINVAL)
	if n < -1 || n > len(results) || n == -1 && err != syscall.EINVAL {
		m.Fatalf("GetMultipleCompletionStatus: %d, %v", n, err)
	}
	for _, r := range results[:max(n, 0)] {
		m.packet(r.Errorno)
	}
}

func (m *machine) post() {
	h := m.anyPort()
	err := PostQueuedCompletionStatus(h, m.number(), m.number(), m.overlapped())
	m.allowed("PostQueuedCompletionStatus", err, syscall.EBADF, syscall.EINVAL)
	if (err == syscall.EBADF) != (h == NULL) {
		m.Fatalf("PostQueuedCompletionStatus to %d: %v", h, err)
	}
}

// block returns a control block, new or used before. One that is in use is not changed.
func (m *machine) block() *AIOCB {
	if m.byte()%4 == 0 && len(m.blocks) > 0 {
		return pick(m, m.blocks, []*AIOCB{nil})
	}
	cb := &AIOCB{Fildes: m.anyFile(), Offset: m.offset(), Buf: make([]byte, m.size()), LioOpcode: int32(m.byte()%5 - 1)}
	cb.Flags, cb.Version, cb.IocpFd = uint32(m.byte()%8), int32(m.byte()%4), m.anyPort()
	m.blocks = append(m.blocks, cb)
	return cb
}

var aioErrnos = []syscall.Errno{syscall.EBADF, syscall.EINVAL, syscall.EAGAIN}

func (m *machine) startAIO() {
	cb := m.block()
	switch m.byte() % 3 {
	case 0:
		m.allowed("AioRead", AioRead(cb), aioErrnos...)
	case 1:
		m.allowed("AioWrite", AioWrite(cb), aioErrnos...)
	default:
		op := [...]int{unix.O_SYNC, unix.O_DSYNC, 0, -1}[m.byte()%4]
		m.allowed("AioFsync", AioFsync(op, cb), aioErrnos...)
	}
}

func (m *machine) listAIO() {
	list := []*AIOCB{m.block(), nil, m.block()}
	m.allowed("LioListio", LioListio(m.byte()%7-1, list), syscall.EINVAL, syscall.EIO)
}

func (m *machine) askAIO() {
	cb := pick(m, m.blocks, []*AIOCB{nil})
	ends := append(aioErrnos, syscall.EINPROGRESS, syscall.ECANCELED, syscall.EFBIG)
	m.allowed("AioError", AioError(cb), ends...)
	n, err := AioReturn(cb)
	m.allowed("AioReturn", err, ends...)
	if (n < 0) != (err != nil) {
		m.Fatalf("AioReturn: %d, %v", n, err)
	}
}

func (m *machine) cancelAIO() {
	n, err := AioCancel(m.anyFile(), pick(m, m.blocks, []*AIOCB{nil}))
	m.allowed("AioCancel", err, syscall.EBADF)
	if n < -1 || n > AIO_ALLDONE || (n == -1) != (err != nil) {
		m.Fatalf("AioCancel: %d, %v", n, err)
	}
}

// shutdown makes writes fail, and reads end.
func (m *machine) shutdown() {
	if h := pick(m, m.fds); m.open[h] {
		unix.Shutdown(int(h), m.byte()%3)
	}
}

func (m *machine) close() {
	h := pick(m, m.fds, m.ports, never)
	err := Close(h)
	m.allowed("Close", err, syscall.EBADF)
	live := m.open[h] || slices.Contains(m.ports, h)
	if live != (err == nil) {
		m.Fatalf("Close of %d, which is open: %v, says %v", h, live, err)
	}
	delete(m.open, h)
	if i := slices.Index(m.ports, h); i >= 0 {
		m.ports = slices.Delete(m.ports, i, i+1)
		m.dead = append(m.dead, h)
	}
}

// end closes what is open.
func (m *machine) end() {
	for h := range m.open {
		ok(m, Close(h))
	}
	for _, h := range m.ports {
		ok(m, Close(h))
	}
}
