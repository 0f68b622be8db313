// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"math"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupL: what is special to AIX.
var groupL = []rule{
	{id: "L02", run: integersAndDWORDs},
	{id: "L03", run: threeAnswers},
	{id: "L04", run: synchronous},
	{id: "L05", run: errorsOfGet},
	{id: "L06", part: "ports", run: portByRequest},
	{id: "L06", part: "flags", run: extendedFlags},
	{id: "L07", run: portOnlyReports},
	{id: "L08", run: overlappedIsTheBlock},
	{id: "L09", run: canceledSendsItsPacket}, // unlike AIX
	{id: "L10", run: errnos},
	{id: "L11", run: noLimit},
	{id: "L12", run: examplesOfThePages},
}

// L02
func integersAndDWORDs(s *scene) {
	var h aix.HANDLE = s.port()
	s.check(h > 0 && h < math.MaxInt32, "the port is %d", h)
	s.post(h, math.MaxUint32, math.MaxUint32, nil)
	s.expect(h, math.MaxUint32, math.MaxUint32, nil, 0)
}

// L03: TRUE without a packet, EINPROGRESS with one, EAGAIN and EINVAL without.
func threeAnswers(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	buf := make([]byte, 4)
	s.fails(aix.ReadFile(a, buf, &n, &ov), syscall.EINPROGRESS, "ReadFile")
	s.write(b, "ab")
	s.expect(p, 2, 1, &ov, 0)
	s.write(b, "cd")
	s.arrive(a)
	s.must(aix.ReadFile(a, buf, &n, &ov), "ReadFile")
	s.fails(aix.ReadFile(b, buf, &n, &ov), syscall.EAGAIN, "ReadFile without an association")
	s.fails(aix.ReadFile(s.file(""), buf, &n, &ov), syscall.EINVAL, "ReadFile of a file")
	for {
		err := aix.WriteFile(b, make([]byte, 1<<20), &n, &ov)
		if err == nil {
			continue
		}
		s.fails(err, syscall.EAGAIN, "WriteFile without an association")
		break
	}
	s.nothing(p)
}

// L04
func synchronous(s *scene) {
	p, a, b := s.served(1)
	got := make(chan string)
	go func() {
		buf := make([]byte, 8)
		var n uint32
		if err := aix.ReadFile(a, buf, &n, nil); err != nil {
			got <- err.Error()
		}
		got <- string(buf[:n])
	}()
	s.write(b, "hello")
	text := <-got
	s.check(text == "hello", "the synchronous read gave %q", text)
	const size = 4 << 20
	go s.drain(b, size)
	var n uint32
	s.must(aix.WriteFile(a, make([]byte, size), &n, nil), "WriteFile")
	s.check(n == size, "the synchronous write wrote %d bytes", n)
	s.nothing(p)
}

// L05: ETIMEDOUT, EINVAL and both kinds of ENOTCONN.
func errorsOfGet(s *scene) {
	p, a, _ := s.served(1)
	c, d := s.pair()
	s.associate(c, p, 2)
	s.fails(s.get(p, 1).err, syscall.ETIMEDOUT, "GetQueuedCompletionStatus")
	s.fails(s.get(aix.NULL, 1).err, syscall.EINVAL, "GetQueuedCompletionStatus")
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.close(a)
	s.expect(p, 0, 1, &ov, syscall.ENOTCONN)
	s.pends(aix.ReadFile(c, make([]byte, 4), &n, &ov))
	s.reset(d)
	s.expect(p, 0, 2, &ov, syscall.ENOTCONN)
}

// L06: each request names its port.
func portByRequest(s *scene) {
	p, q := s.port(), s.port()
	f := s.file("abcdef")
	s.associate(f, p, 1)
	s.associate(f, q, 2)
	onP, onQ := s.aio(f, 0, make([]byte, 2)).to(p), s.aio(f, 2, make([]byte, 4)).to(q)
	s.must(aix.AioRead(&onP.AIOCB), "AioRead")
	s.must(aix.AioRead(&onQ.AIOCB), "AioRead")
	s.expectAIO(q, onQ, 4, 2, 0)
	s.expectAIO(p, onP, 2, 1, 0)
	s.nothing(p)
	s.nothing(q)
	other := s.file("x")
	for _, c := range []*control{s.aio(other, 0, make([]byte, 1)).to(p), s.aio(f, 0, make([]byte, 1)).to(s.port()),
		s.aio(f, 0, make([]byte, 1)).to(1 << 20), s.aio(f, 0, make([]byte, 1)).to(f), s.aio(f, 0, make([]byte, 1)).to(-1)} {
		s.fails(aix.AioRead(&c.AIOCB), syscall.EINVAL, "AioRead with a port the file is not associated with")
	}
}

// L06: without both marks the field does not count.
func extendedFlags(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	plain, old := s.aio(f, 0, make([]byte, 3)).to(p), s.aio(f, 0, make([]byte, 3)).to(p)
	plain.Flags, old.Version = 0, aix.AIOCBX_VERS1
	s.check(plain.readAndWait() == 3, "the read was short")
	s.check(old.readAndWait() == 3, "the read was short")
	c := s.aio(f, 0, make([]byte, 3)).to(aix.NULL)
	s.check(c.readAndWait() == 3, "the read was short")
	s.nothing(p)
	c.Version, c.IocpFd = aix.AIOCBX_VERS2+1, p
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	s.expectAIO(p, c, 3, 1, 0)
}

// L08
func overlappedIsTheBlock(s *scene) {
	p := s.port()
	f := s.file("")
	s.associate(f, p, 1)
	list := make([]*aix.AIOCB, 8)
	want := map[*aix.AIOCB]bool{}
	for i := range list {
		c := s.aio(f, int64(i), []byte{byte('a' + i)}).to(p)
		c.LioOpcode = aix.LIO_WRITE
		list[i] = &c.AIOCB
		want[list[i]] = true
	}
	s.must(aix.LioListio(aix.LIO_NOWAIT_GMCS, list), "LioListio")
	results := make([]aix.Gmcs, 8)
	n, err := aix.GetMultipleCompletionStatus(p, 8, 8, stepLimit, results)
	s.check(n == 8 && err == nil, "GetMultipleCompletionStatus: %d, %v", n, err)
	for _, r := range results {
		cb := r.Overlapped.AIOCB()
		s.check(want[cb] && r.TransferCount == 1 && r.Errorno == 0, "the packet is %+v", r)
		delete(want, cb)
	}
	s.check(s.content(f) == "abcdefgh", "the file is %q", s.content(f))
}

// L10
func errnos(s *scene) {
	p, a, _ := s.served(1)
	s.refuses(a, 1<<20, syscall.EBADF)
	s.refuses(1<<20, p, syscall.EINVAL)
	s.refuses(a, p, syscall.EALREADY)
	s.fails(aix.PostQueuedCompletionStatus(aix.NULL, 0, 0, nil), syscall.EBADF, "PostQueuedCompletionStatus")
	s.fails(aix.PostQueuedCompletionStatus(1<<20, 0, 0, nil), syscall.EINVAL, "PostQueuedCompletionStatus")
}

// at gives h the number that an example names, if it is free.
func (s *scene) at(h aix.HANDLE, number int) aix.HANDLE {
	s.Helper()
	if _, err := unix.FcntlInt(uintptr(number), unix.F_GETFD, 0); err == nil {
		s.Skipf("descriptor %d, which the example uses, is open here", number)
	}
	s.must(unix.Dup3(int(h), number, unix.O_CLOEXEC), "dup3(2)")
	return s.own(aix.HANDLE(number))
}

// L12: the fragments of the pages, with the descriptors they name. The one for posting calls
// another function by mistake; here it is as it was meant.
func examplesOfThePages(s *scene) {
	c, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
	s.must(err, "create")
	s.own(c)
	a, _ := s.pair()
	h34, h54 := s.at(a, 34), s.at(s.file(""), 54)
	c, err = aix.CreateIoCompletionPort(h34, aix.NULL, 25, 0)
	s.must(err, "create and associate")
	s.own(c)
	d, err := aix.CreateIoCompletionPort(h54, c, 15, 0)
	s.must(err, "associate")
	s.check(d == c, "the association returned %d, want %d", d, c)
	var overlapped aix.OVERLAPPED
	s.must(aix.PostQueuedCompletionStatus(c, 128, 25, &overlapped), "post")
	s.expect(c, 128, 25, &overlapped, 0)
}

// groupM: limits.
var groupM = []rule{
	{id: "M02", run: takesWhatIsThere},
	{id: "M03", run: longTimeouts},
	{id: "M04", run: keysOf32Bits},
	{id: "M05", run: countIsDWORD},
	{id: "M06", run: descriptorLimit},
}

// groupN: where it works.
var groupN = []rule{
	{id: "N02", part: "sockets", run: everySocket},
	{id: "N02", part: "files", run: portOnlyReports},
	{id: "N02", part: "others", run: wrongFile},
}

// M06: a port counts against the limit of open files.
func descriptorLimit(s *scene) {
	var was unix.Rlimit
	s.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &was), "getrlimit(2)")
	lowest, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		s.Skipf("no descriptor to be had here: %v", err)
	}
	s.must(unix.Close(lowest), "close(2)")
	tight := was
	tight.Cur = uint64(lowest) + 8
	s.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &tight), "setrlimit(2)")
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	for range 10 {
		h, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
		if err != nil {
			s.fails(err, syscall.EMFILE, "CreateIoCompletionPort")
			return
		}
		s.own(h)
	}
	s.Errorf("10 ports with 8 descriptors")
}
