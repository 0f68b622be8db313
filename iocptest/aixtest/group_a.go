// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupA: creation and association.
var groupA = []rule{
	{id: "A01", run: createOnly},
	{id: "A02", run: keyOfCreateIsIgnored},
	{id: "A03", run: noFileButAPort},
	{id: "A04", run: associateReturnsThePort},
	{id: "A05", run: createAndAssociate},
	{id: "A06", run: failureReturnsNull},
	{id: "A07", run: nullFile},
	{id: "A08", run: closedFile},
	{id: "A09", run: badPort},
	{id: "A10", run: noPortAsPort},
	{id: "A11", run: wrongFile},
	{id: "A13", part: "sockets", run: secondAssociation},
	{id: "A13", part: "files", run: fileOnSeveralPorts},
	{id: "A14", run: duplicateDescriptor},
	{id: "A15", run: failedCreateLeavesNoPort},
	{id: "A16", run: associationOutlivesThePort},
	{id: "A18", run: terminal},
	{id: "A19", run: pipe},
	{id: "A20", run: directory},
	{id: "A22", run: nullDevice},
	{id: "A23", run: everySocket},
	{id: "A24", run: closedSocket},
	{id: "A25", run: noRightIsNeeded},
	{id: "A27", run: keysOf32Bits},
	{id: "A28", run: keysAreNotUnique},
	{id: "A29", run: anyConcurrency},
	{id: "A30", run: concurrencyOfAnAssociation},
	{id: "A31", run: notInherited},
	{id: "A32", run: severalFiles},
	{id: "A36", run: manyPorts},
	{id: "A38", run: doubleClose},
}

// A01: a new port is a descriptor, which is nobody else's number, and not NULL.
func createOnly(s *scene) {
	p, q := s.port(), s.port()
	s.check(p > 2 && q > 2 && p != q, "the ports are %d and %d", p, q)
	f := s.file("")
	s.check(f != p && f != q, "a file has the number of an open port")
	s.nothing(p)
	s.nothing(q)
}

// A02
func keyOfCreateIsIgnored(s *scene) {
	for _, key := range []uint32{0, 25, 1 << 31, 1<<32 - 1} {
		p, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, key, 0)
		s.must(err, "CreateIoCompletionPort")
		s.own(p)
		s.post(p, 1, 2, nil)
		s.expect(p, 1, 2, nil, 0)
	}
}

// A03: a port is there, a file is not. The port stays usable.
func noFileButAPort(s *scene) {
	p := s.port()
	s.refuses(aix.INVALID_HANDLE_VALUE, p, syscall.EINVAL)
	s.post(p, 1, 2, nil)
	s.expect(p, 1, 2, nil, 0)
}

// A04
func associateReturnsThePort(s *scene) {
	p := s.port()
	a, _ := s.pair()
	s.associate(a, p, 5)
	s.associate(s.file("x"), p, 6)
}

// A05
func createAndAssociate(s *scene) {
	a, b := s.pair()
	p, err := aix.CreateIoCompletionPort(a, aix.NULL, 25, 0)
	s.must(err, "CreateIoCompletionPort")
	s.own(p)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.write(b, "x")
	s.expect(p, 1, 25, &ov, 0)
}

// A06: refuses checks the NULL.
func failureReturnsNull(s *scene) {
	s.refuses(1<<20, aix.NULL, syscall.EINVAL)
	s.refuses(aix.INVALID_HANDLE_VALUE, 1<<20, syscall.EBADF)
}

// A07: 0 is NULL, whatever the standard input is.
func nullFile(s *scene) {
	s.refuses(0, aix.NULL, syscall.EINVAL)
	s.refuses(0, s.port(), syscall.EINVAL)
}

// A08
func closedFile(s *scene) {
	p := s.port()
	f := s.file("")
	s.close(f)
	for _, h := range []aix.HANDLE{f, 1 << 20, 1<<31 - 1, -2, -1 << 31} {
		s.refuses(h, p, syscall.EINVAL)
		s.refuses(h, aix.NULL, syscall.EINVAL)
	}
}

// A09: the port is looked at before the file, which stays as it was.
func badPort(s *scene) {
	a, _ := s.pair()
	closed := s.port()
	s.close(closed)
	for _, h := range []aix.HANDLE{closed, 1 << 20, 1<<31 - 1, -1, -2, -1 << 31} {
		s.refuses(a, h, syscall.EBADF)
		s.refuses(1<<20, h, syscall.EBADF)
	}
	s.associate(a, s.port(), 1)
}

// A10
func noPortAsPort(s *scene) {
	a, b := s.pair()
	s.associate(b, s.port(), 1)
	for _, h := range []aix.HANDLE{a, b, s.file(""), 1, 2} {
		s.refuses(a, h, syscall.EBADF)
	}
}

// A11: a port, an event, a memory of events.
func wrongFile(s *scene) {
	p := s.port()
	e, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	s.must(err, "eventfd(2)")
	for _, h := range []aix.HANDLE{p, s.port(), s.own(aix.HANDLE(e))} {
		s.refuses(h, p, syscall.EINVAL)
		s.refuses(h, aix.NULL, syscall.EINVAL)
	}
}

// A13: the first association of a socket stays in force until it is closed.
func secondAssociation(s *scene) {
	p, a, b := s.served(7)
	q := s.port()
	s.refuses(a, p, syscall.EALREADY)
	s.refuses(a, q, syscall.EALREADY)
	s.refuses(a, aix.NULL, syscall.EALREADY)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.write(b, "x")
	s.expect(p, 1, 7, &ov, 0)
	s.nothing(q)
}

// A13: a file may belong to several ports, and to each of them once.
func fileOnSeveralPorts(s *scene) {
	p, q := s.port(), s.port()
	f := s.file("")
	s.associate(f, p, 1)
	s.associate(f, q, 2)
	s.refuses(f, p, syscall.EALREADY)
	s.refuses(f, q, syscall.EALREADY)
	r, err := aix.CreateIoCompletionPort(f, aix.NULL, 3, 0)
	s.must(err, "CreateIoCompletionPort")
	s.own(r)
	for port, key := range map[aix.HANDLE]uint32{p: 1, q: 2, r: 3} {
		c := s.aio(f, 0, []byte("ab")).to(port)
		s.must(aix.AioWrite(&c.AIOCB), "AioWrite")
		s.expectAIO(port, c, 2, key, 0)
	}
}

// A14: the association belongs to the descriptor. A duplicate can be associated elsewhere.
func duplicateDescriptor(s *scene) {
	p, a, b := s.served(1)
	d, err := unix.FcntlInt(uintptr(a), unix.F_DUPFD_CLOEXEC, 0)
	s.must(err, "dup")
	dup, q := s.own(aix.HANDLE(d)), s.port()
	s.associate(dup, q, 2)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(dup, make([]byte, 4), &n, &ov))
	s.write(b, "x")
	s.expect(q, 1, 2, &ov, 0)
	s.nothing(p)
}

// A15
func failedCreateLeavesNoPort(s *scene) {
	a, _ := s.pair()
	s.associate(a, s.port(), 1)
	before := len(openFiles())
	for range 10 {
		s.refuses(a, aix.NULL, syscall.EALREADY)
		s.refuses(1<<20, aix.NULL, syscall.EINVAL)
	}
	s.check(len(openFiles()) == before, "%d descriptors before, %d after", before, len(openFiles()))
}

// A16: what was associated stays so, and can be closed.
func associationOutlivesThePort(s *scene) {
	p, a, _ := s.served(1)
	s.close(p)
	s.refuses(a, s.port(), syscall.EALREADY)
	s.refuses(a, aix.NULL, syscall.EALREADY)
}

// A18
func terminal(s *scene) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		s.Skipf("no terminal can be opened here: %v", err)
	}
	s.refuses(s.own(aix.HANDLE(fd)), s.port(), syscall.EINVAL)
}

// A19
func pipe(s *scene) {
	var fds [2]int
	s.must(unix.Pipe2(fds[:], unix.O_CLOEXEC), "pipe(2)")
	for _, fd := range fds {
		s.refuses(s.own(aix.HANDLE(fd)), s.port(), syscall.EINVAL)
	}
}

// A20
func directory(s *scene) {
	s.refuses(s.openFile(s.TempDir(), os.O_RDONLY), s.port(), syscall.EINVAL)
}

// A22
func nullDevice(s *scene) {
	s.refuses(s.openFile(os.DevNull, os.O_RDWR), s.port(), syscall.EINVAL)
}

// A23
func everySocket(s *scene) {
	p := s.port()
	l, _ := s.listener()
	bound, _ := s.bound(unix.SOCK_DGRAM)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	s.must(err, "socketpair(2)")
	all := []aix.HANDLE{s.socket(unix.SOCK_STREAM), s.socket(unix.SOCK_DGRAM), l, bound, s.own(aix.HANDLE(fds[0])), s.own(aix.HANDLE(fds[1]))}
	for i, h := range all {
		s.associate(h, p, uint32(i))
	}
}

// A24
func closedSocket(s *scene) {
	p := s.port()
	h := s.socket(unix.SOCK_STREAM)
	s.close(h)
	s.refuses(h, p, syscall.EINVAL)
	a := s.socket(unix.SOCK_STREAM)
	s.associate(a, p, 1)
	s.close(a)
	s.refuses(a, p, syscall.EINVAL)
}

// A25
func noRightIsNeeded(s *scene) {
	p := s.port()
	s.associate(s.fileWith("", os.O_RDONLY), p, 1)
	s.associate(s.fileWith("", os.O_WRONLY), p, 2)
}

// A27
func keysOf32Bits(s *scene) {
	p := s.port()
	for _, key := range []uint32{0, 1, 255, 256, 1 << 31, 1<<32 - 1} {
		a, b := s.pair()
		s.associate(a, p, key)
		var ov aix.OVERLAPPED
		var n uint32
		s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
		s.write(b, "x")
		s.expect(p, 1, key, &ov, 0)
	}
}

// A28: the port does not mind; OVERLAPPED.AIOCB tells files from sockets.
func keysAreNotUnique(s *scene) {
	p, a, b := s.served(9)
	f := s.file("abc")
	s.associate(f, p, 9)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.write(b, "x")
	s.expect(p, 1, 9, &ov, 0)
	s.check(ov.AIOCB() == nil, "the OVERLAPPED of a socket has a control block")
	c := s.aio(f, 0, make([]byte, 2)).to(p)
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	s.expectAIO(p, c, 2, 9, 0)
}

// A29: no value limits anything, and none is refused.
func anyConcurrency(s *scene) {
	for _, n := range []uint32{0, 1, 1 << 31, 1<<32 - 1} {
		p, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, n)
		s.must(err, "CreateIoCompletionPort")
		s.own(p)
		waitersAllRun(s, p)
	}
}

// A30
func concurrencyOfAnAssociation(s *scene) {
	p := s.port()
	a, _ := s.pair()
	_, err := aix.CreateIoCompletionPort(a, p, 1, 1)
	s.must(err, "CreateIoCompletionPort")
	waitersAllRun(s, p)
}

// A31: programs that are executed do not get the port.
func notInherited(s *scene) {
	flags, err := unix.FcntlInt(uintptr(s.port()), unix.F_GETFD, 0)
	s.must(err, "fcntl(2)")
	s.check(flags&unix.FD_CLOEXEC != 0, "the port's descriptor stays open in programs that are executed")
}

// A32
func severalFiles(s *scene) {
	p := s.port()
	for key := range uint32(8) {
		a, b := s.pair()
		s.associate(a, p, key)
		var ov aix.OVERLAPPED
		var n uint32
		s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
		s.write(b, "ab")
		s.expect(p, 2, key, &ov, 0)
	}
}

// A36
func manyPorts(s *scene) {
	for range 300 {
		s.port()
	}
	for i, p := range s.open {
		s.post(p, uint32(i), 0, nil)
	}
	for i, p := range s.open {
		s.expect(p, uint32(i), 0, nil, 0)
	}
}

// A38
func doubleClose(s *scene) {
	p, a, _ := s.served(1)
	f := s.file("")
	s.associate(f, p, 2)
	for _, h := range []aix.HANDLE{a, f, p} {
		s.close(h)
		s.fails(aix.Close(h), syscall.EBADF, "a second Close")
	}
	for _, h := range []aix.HANDLE{1 << 20, -1, -1 << 31} {
		s.fails(aix.Close(h), syscall.EBADF, "Close of nothing")
	}
}
