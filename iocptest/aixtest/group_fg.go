// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupF: packets of requests.
var groupF = []rule{
	{id: "F01", run: pendingSendsOnePacket},
	{id: "F02", run: immediateSendsNone},
	{id: "F03", run: immediateFailureSendsNone},
	{id: "F14", run: noOverlappedIsSynchronous},
	{id: "F16", run: sameOverlappedTwice},
	{id: "F20", run: issuerEnds},
	{id: "F22", run: forgottenBuffers},
	{id: "F24", run: askingTakesNoPacket},
	{id: "F26", run: failedPacket}, // errno is all there is
	{id: "F27", run: countOfPending},
}

// F01
func pendingSendsOnePacket(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.nothing(p)
	s.write(b, "ab")
	s.expect(p, 2, 1, &ov, 0)
	s.nothing(p)
}

// F02
func immediateSendsNone(s *scene) {
	p, a, b := s.served(1)
	s.write(b, "abc")
	s.arrive(a)
	var ov aix.OVERLAPPED
	var n uint32
	s.must(aix.ReadFile(a, make([]byte, 8), &n, &ov), "ReadFile")
	s.check(n == 3, "read %d bytes", n)
	s.must(aix.WriteFile(a, []byte("hello"), &n, &ov), "WriteFile")
	s.check(n == 5, "wrote %d bytes", n)
	s.nothing(p)
}

// F03
func immediateFailureSendsNone(s *scene) {
	p := s.port()
	h := s.socket(unix.SOCK_STREAM)
	s.associate(h, p, 1)
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.ReadFile(h, make([]byte, 8), &n, &ov), syscall.ENOTCONN, "ReadFile")
	s.fails(aix.ReadFile(1<<20, make([]byte, 8), &n, &ov), syscall.EINVAL, "ReadFile")
	c := s.aio(s.fileWith("", os.O_WRONLY), 0, make([]byte, 1)).to(p)
	s.check(aix.AioRead(&c.AIOCB) != nil, "AioRead succeeded")
	s.nothing(p)
}

// F14: see L04.
func noOverlappedIsSynchronous(s *scene) {
	p, a, b := s.served(1)
	s.write(b, "abc")
	var n uint32
	s.must(aix.ReadFile(a, make([]byte, 8), &n, nil), "ReadFile")
	s.check(n == 3, "read %d bytes", n)
	s.nothing(p)
}

// F16: two requests, two packets with the same pointer.
func sameOverlappedTwice(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 1), &n, &ov))
	s.pends(aix.ReadFile(a, make([]byte, 1), &n, &ov))
	s.write(b, "ab")
	s.expect(p, 1, 1, &ov, 0)
	s.expect(p, 1, 1, &ov, 0)
}

// F20: a request belongs to no thread.
func issuerEnds(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		var n uint32
		started <- aix.ReadFile(a, make([]byte, 4), &n, &ov)
	}()
	s.pends(<-started)
	s.nothing(p)
	s.write(b, "ab")
	s.expect(p, 2, 1, &ov, 0)
}

// F22: what nobody but the request refers to stays.
func forgottenBuffers(s *scene) {
	p, a, b := s.served(1)
	for range 8 {
		buf := make([]byte, 1<<16)
		var n uint32
		s.pends(aix.ReadFile(a, buf, &n, new(aix.OVERLAPPED)))
	}
	runtime.GC()
	runtime.GC()
	for range 8 {
		s.write(b, "x")
		k := s.get(p, stepLimit)
		s.check(k.err == nil && k.count == 1 && k.ov != nil, "the packet is %+v", k)
	}
}

// F24
func askingTakesNoPacket(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 2)
	c := s.aio(f, 0, make([]byte, 8)).to(p)
	s.check(c.readAndWait() == 3, "the file has 3 bytes")
	s.expectAIO(p, c, 3, 2, 0)
}

// F27: 0 when nothing has been transferred yet.
func countOfPending(s *scene) {
	_, a, _ := s.served(1)
	n := uint32(4711)
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, new(aix.OVERLAPPED)))
	s.check(n == 0, "the count is %d", n)
}

// groupG: files, which AIO reads and writes.
var groupG = []rule{
	{id: "G01", run: portOnlyReports},
	{id: "G02", run: offsetOfTheBlock},
	{id: "G03", run: filePointer},
	{id: "G04", run: readAtTheEnd},
	{id: "G05", run: readAcrossTheEnd},
	{id: "G06", run: readNothing},
	{id: "G07", run: writeNothing},
	{id: "G08", run: writePastTheEnd},
	{id: "G09", run: appends}, // O_APPEND is the only way
	{id: "G10", run: appends},
	{id: "G11", run: negativeOffsets},
	{id: "G12", run: hugeOffsets},
	{id: "G13", run: wrongAccess},
	{id: "G14", run: lists},
	{id: "G20", run: closeAfterIssue},
	{id: "G21", run: cancelFile},
}

// G01: ReadFile and WriteFile are not for files.
func portOnlyReports(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 3)
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.ReadFile(f, make([]byte, 2), &n, &ov), syscall.EINVAL, "ReadFile")
	s.fails(aix.WriteFile(f, make([]byte, 2), &n, &ov), syscall.EINVAL, "WriteFile")
	c := s.aio(f, 0, make([]byte, 2)).to(p)
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	s.expectAIO(p, c, 2, 3, 0)
}

// G02
func offsetOfTheBlock(s *scene) {
	c := s.aio(s.file("0123456789"), 4, make([]byte, 3))
	s.check(c.readAndWait() == 3 && string(c.Buf) == "456", "read %q", c.Buf)
	s.check(c.Offset == 4, "the offset has become %d", c.Offset)
}

// G03
func filePointer(s *scene) {
	f := s.file("0123456789")
	_, err := unix.Seek(int(f), 7, 0)
	s.must(err, "lseek(2)")
	s.aio(f, 2, make([]byte, 3)).readAndWait()
	s.aio(f, 2, []byte("abc")).writeAndWait()
	at, err := unix.Seek(int(f), 0, 1)
	s.check(at == 7 && err == nil, "the file pointer is at %d, %v", at, err)
}

// G04: success, with 0 bytes.
func readAtTheEnd(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	for _, off := range []int64{3, 4, 1 << 40} {
		c := s.aio(f, off, make([]byte, 4)).to(p)
		s.check(c.readAndWait() == 0, "read something at %d", off)
		s.expectAIO(p, c, 0, 1, 0)
	}
}

// G05
func readAcrossTheEnd(s *scene) {
	c := s.aio(s.file("abc"), 1, make([]byte, 8))
	s.check(c.readAndWait() == 2 && string(c.Buf[:2]) == "bc", "read %q", c.Buf)
}

// G06
func readNothing(s *scene) {
	f := s.file("abc")
	for _, off := range []int64{0, 3, 100} {
		s.check(s.aio(f, off, nil).readAndWait() == 0, "read something")
	}
}

// G07
func writeNothing(s *scene) {
	f := s.file("abc")
	s.check(s.aio(f, 100, nil).writeAndWait() == 0, "wrote something")
	s.check(s.content(f) == "abc", "the file is %q", s.content(f))
}

// G08
func writePastTheEnd(s *scene) {
	f := s.file("abc")
	s.check(s.aio(f, 5, []byte("x")).writeAndWait() == 1, "a short write")
	s.check(s.content(f) == "abc\x00\x00x", "the file is %q", s.content(f))
	far := s.aio(f, 5<<30, []byte("far"))
	s.check(far.writeAndWait() == 3, "a short write")
	back := s.aio(f, 5<<30, make([]byte, 4))
	s.check(back.readAndWait() == 3 && string(back.Buf[:3]) == "far", "read %q", back.Buf)
}

// G10: O_APPEND.
func appends(s *scene) {
	f := s.fileWith("abc", os.O_RDWR|os.O_APPEND)
	s.aio(f, 0, []byte("de")).writeAndWait()
	s.aio(f, 100, []byte("f")).writeAndWait()
	s.check(s.content(f) == "abcdef", "the file is %q", s.content(f))
}

// G11
func negativeOffsets(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	for _, off := range []int64{-1, -2, math.MinInt64} {
		for _, c := range []*control{s.aio(f, off, make([]byte, 1)), s.aio(f, off, make([]byte, 1)).to(p)} {
			s.fails(aix.AioRead(&c.AIOCB), syscall.EINVAL, "AioRead")
			s.fails(aix.AioWrite(&c.AIOCB), syscall.EINVAL, "AioWrite")
		}
	}
	s.nothing(p)
}

// G12
func hugeOffsets(s *scene) {
	c := s.aio(s.file(""), math.MaxInt64-3, make([]byte, 8))
	s.fails(aix.AioRead(&c.AIOCB), syscall.EINVAL, "AioRead")
	s.fails(aix.AioWrite(&c.AIOCB), syscall.EINVAL, "AioWrite")
}

// G13
func wrongAccess(s *scene) {
	c := s.aio(s.fileWith("", os.O_WRONLY), 0, make([]byte, 1))
	s.fails(aix.AioRead(&c.AIOCB), syscall.EBADF, "AioRead")
	c = s.aio(s.fileWith("", os.O_RDONLY), 0, make([]byte, 1))
	s.fails(aix.AioWrite(&c.AIOCB), syscall.EBADF, "AioWrite")
	for _, h := range []aix.HANDLE{-1, 1 << 20} {
		c = s.aio(h, 0, make([]byte, 1))
		s.fails(aix.AioRead(&c.AIOCB), syscall.EBADF, "AioRead")
	}
}

// G14: lio_listio.
func lists(s *scene) {
	f := s.file("")
	out := []*aix.AIOCB{nil, {Fildes: f, Offset: 2, Buf: []byte("cd"), LioOpcode: aix.LIO_WRITE},
		{Fildes: f, Buf: []byte("ab"), LioOpcode: aix.LIO_WRITE}, {Fildes: -1, LioOpcode: aix.LIO_NOP}}
	s.must(aix.LioListio(aix.LIO_WAIT, out), "LioListio")
	s.check(s.content(f) == "abcd", "the file is %q", s.content(f))
	in := []*aix.AIOCB{{Fildes: f, Offset: 3, Buf: make([]byte, 1), LioOpcode: aix.LIO_READ},
		{Fildes: f, Buf: make([]byte, 3), LioOpcode: aix.LIO_READ}}
	s.must(aix.LioListio(aix.LIO_NOWAIT, in), "LioListio")
	for _, cb := range in {
		s.must(aix.AioSuspend([]*aix.AIOCB{cb}, -1), "AioSuspend")
	}
	s.check(string(in[0].Buf)+string(in[1].Buf) == "dabc", "read %q and %q", in[0].Buf, in[1].Buf)
}

// G20: the request goes on with the file, or ends with ECANCELED; its packet comes.
func closeAfterIssue(s *scene) {
	p := s.port()
	for range 20 {
		f := s.file("abc")
		s.associate(f, p, 1)
		c := s.aio(f, 0, make([]byte, 3)).to(p)
		s.must(aix.AioRead(&c.AIOCB), "AioRead")
		s.close(f)
		k := s.get(p, stepLimit)
		s.check(k.ov.AIOCB() == &c.AIOCB, "the packet is %+v", k)
		s.check(k.err == nil && k.count == 3 || k.err == error(syscall.ECANCELED), "the packet is %+v", k)
	}
}

// G21: usually too late. Whatever AioCancel says, the packet comes, and says how it ended.
func cancelFile(s *scene) {
	p := s.port()
	f := s.file(strings.Repeat("x", 1<<16))
	s.associate(f, p, 1)
	for range 20 {
		c := s.aio(f, 0, make([]byte, 1<<16)).to(p)
		s.must(aix.AioRead(&c.AIOCB), "AioRead")
		said, err := aix.AioCancel(f, &c.AIOCB)
		s.must(err, "AioCancel")
		k := s.get(p, stepLimit)
		switch said {
		case aix.AIO_CANCELED:
			s.fails(k.err, syscall.ECANCELED, "the packet")
			s.fails(aix.AioError(&c.AIOCB), syscall.ECANCELED, "AioError")
		case aix.AIO_ALLDONE:
			s.check(k.err == nil && k.count == 1<<16, "the packet is %+v", k)
		case aix.AIO_NOTCANCELED:
			s.check(k.ov.AIOCB() == &c.AIOCB, "the packet is %+v", k)
		default:
			s.Errorf("AioCancel returned %d", said)
		}
	}
	said, err := aix.AioCancel(f, nil)
	s.check(said == aix.AIO_ALLDONE && err == nil, "AioCancel of nothing: %d, %v", said, err)
	said, err = aix.AioCancel(1<<20, nil)
	s.check(said == -1, "AioCancel of no file: %d", said)
	s.fails(err, syscall.EBADF, "AioCancel of no file")
}
