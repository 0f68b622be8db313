// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"syscall"

	"iocp/aix"
)

// groupD: PostQueuedCompletionStatus.
var groupD = []rule{
	{id: "D01", run: postedValues},
	{id: "D02", run: overlappedIsNotTouched},
	{id: "D03", run: postSucceeds},
	{id: "D04", run: postToNull},
	{id: "D05", run: postToBadPort},
	{id: "D08", run: orderOfArrival},
	{id: "D09", run: noDepthLimit},
	{id: "D10", run: betweenThreads},
}

// D01
func postedValues(s *scene) {
	p := s.port()
	ov := new(aix.OVERLAPPED)
	for _, v := range []uint32{0, 1, 255, 256, 1 << 31, 1<<32 - 1} {
		s.post(p, v, ^v, ov)
		s.expect(p, v, ^v, ov, 0)
	}
}

// D02
func overlappedIsNotTouched(s *scene) {
	p := s.port()
	was := aix.OVERLAPPED{Internal: 1, InternalHigh: 2, Offset: 3, OffsetHigh: 4, HEvent: 5}
	ov := was
	s.post(p, 7, 8, &ov)
	s.expect(p, 7, 8, &ov, 0)
	s.check(ov == was, "the OVERLAPPED is %+v now", ov)
	s.check(ov.AIOCB() == nil, "it has become a control block's")
}

// D03
func postSucceeds(s *scene) {
	p := s.port()
	s.must(aix.PostQueuedCompletionStatus(p, 0, 0, nil), "PostQueuedCompletionStatus")
	s.expect(p, 0, 0, nil, 0)
}

// D04: EBADF for NULL.
func postToNull(s *scene) {
	s.fails(aix.PostQueuedCompletionStatus(aix.NULL, 1, 2, nil), syscall.EBADF, "PostQueuedCompletionStatus")
}

// D05: and EINVAL for everything else that is no port, the reverse of CreateIoCompletionPort.
func postToBadPort(s *scene) {
	_, a, b := s.served(1)
	closed := s.port()
	s.close(closed)
	for _, h := range []aix.HANDLE{closed, a, b, s.file(""), 1, -1, -2, 1 << 20, 1<<31 - 1, -1 << 31} {
		s.fails(aix.PostQueuedCompletionStatus(h, 1, 2, nil), syscall.EINVAL, "PostQueuedCompletionStatus")
	}
}

// D08: posted packets and those of requests come out as they came in.
func orderOfArrival(s *scene) {
	p, a, b := s.served(5)
	var ov aix.OVERLAPPED
	var n uint32
	s.post(p, 1, 0, nil)
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.write(b, "abc")
	s.expect(p, 1, 0, nil, 0)
	s.expect(p, 3, 5, &ov, 0)
	s.post(p, 2, 0, nil)
	s.expect(p, 2, 0, nil, 0)
}

// D09
func noDepthLimit(s *scene) {
	const n = 30_000
	p := s.port()
	for i := range uint32(n) {
		s.post(p, i, 0, nil)
	}
	results := make([]aix.Gmcs, n)
	got, err := aix.GetMultipleCompletionStatus(p, n, n, stepLimit, results)
	s.check(got == n && err == nil, "took %d, %v", got, err)
	for i, r := range results {
		if r.TransferCount != uint32(i) {
			s.Fatalf("packet %d is %d", i, r.TransferCount)
		}
	}
}

// D10
func betweenThreads(s *scene) {
	p, q := s.port(), s.port()
	go func() {
		for range 100 {
			k := s.get(p, stepLimit)
			aix.PostQueuedCompletionStatus(q, k.count, k.key, k.ov)
		}
	}()
	ov := new(aix.OVERLAPPED)
	for i := range uint32(100) {
		s.post(p, i, i+1, ov)
		s.expect(q, i, i+1, ov, 0)
	}
}

// groupE: GetMultipleCompletionStatus.
var groupE = []rule{
	{id: "E01", run: uptoNmax},
	{id: "E02", run: waitsForNmin},
	{id: "E03", run: takesWhatIsThere},
	{id: "E04", run: timeoutIsNoFailure},
	{id: "E05", run: badNumbers},
	{id: "E06", run: failuresInside},
	{id: "E07", run: fieldsOfGmcs},
	{id: "E08", run: multipleNotInterrupted},
	{id: "E11", run: closedAfterSome},
	{id: "E12", run: multipleFromBadPort},
	{id: "E14", part: "waiters", run: severalWaiters},
	{id: "E14", part: "cancel", run: cancelDoesNotShorten},
}

// multiple calls GetMultipleCompletionStatus and checks the counts of the packets.
func (s *scene) multiple(p aix.HANDLE, nmin, nmax, timeout uint32, want error, counts ...uint32) {
	s.Helper()
	results := make([]aix.Gmcs, nmax)
	n, err := aix.GetMultipleCompletionStatus(p, nmin, nmax, timeout, results)
	if n != len(counts) || err != want {
		s.Errorf("GetMultipleCompletionStatus: %d, %v, want %d, %v", n, err, len(counts), want)
		return
	}
	for i, c := range counts {
		s.check(results[i].TransferCount == c, "packet %d is %d, want %d", i, results[i].TransferCount, c)
	}
}

func (s *scene) postAll(p aix.HANDLE, counts ...uint32) {
	s.Helper()
	for _, c := range counts {
		s.post(p, c, 0, nil)
	}
}

// E01
func uptoNmax(s *scene) {
	p := s.port()
	s.postAll(p, 1, 2, 3, 4, 5, 6)
	s.multiple(p, 1, 4, 0, nil, 1, 2, 3, 4)
	s.multiple(p, 1, 4, 0, nil, 5, 6)
}

// E02
func waitsForNmin(s *scene) {
	p := s.port()
	s.postAll(p, 1)
	go func() {
		s.awaitBlocked(1)
		aix.PostQueuedCompletionStatus(p, 2, 0, nil)
		s.awaitBlocked(1)
		aix.PostQueuedCompletionStatus(p, 3, 0, nil)
	}()
	s.multiple(p, 3, 8, stepLimit, nil, 1, 2, 3)
}

// E03: more than nmin, if they are there.
func takesWhatIsThere(s *scene) {
	p := s.port()
	var counts []uint32
	for i := range uint32(200) {
		counts = append(counts, i)
	}
	s.postAll(p, counts...)
	s.multiple(p, 1, 300, stepLimit, nil, counts...)
}

// E04: 0 to nmin-1 packets, and ETIMEDOUT.
func timeoutIsNoFailure(s *scene) {
	p := s.port()
	s.multiple(p, 1, 4, quiet, syscall.ETIMEDOUT)
	s.postAll(p, 1, 2)
	s.multiple(p, 3, 4, quiet, syscall.ETIMEDOUT, 1, 2)
	s.multiple(p, 3, 4, 0, syscall.ETIMEDOUT)
	s.multiple(p, 0, 4, 0, nil)
}

// E05: and the queue is untouched.
func badNumbers(s *scene) {
	p := s.port()
	s.postAll(p, 1)
	results := make([]aix.Gmcs, 4)
	for _, n := range [][2]uint32{{0, 0}, {1, 0}, {2, 1}, {1, 5}, {5, 5}, {1, 1 << 31}, {1<<32 - 1, 1<<32 - 1}} {
		got, err := aix.GetMultipleCompletionStatus(p, n[0], n[1], 0, results)
		s.check(got == -1, "nmin %d, nmax %d: %d", n[0], n[1], got)
		s.fails(err, syscall.EINVAL, "GetMultipleCompletionStatus")
	}
	_, err := aix.GetMultipleCompletionStatus(p, 1, 1, 0, nil)
	s.fails(err, syscall.EINVAL, "without results")
	s.expect(p, 1, 0, nil, 0)
}

// E06
func failuresInside(s *scene) {
	p, a, _ := s.served(6)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 4), &n, &ov))
	s.close(a)
	results := make([]aix.Gmcs, 2)
	got, err := aix.GetMultipleCompletionStatus(p, 1, 2, stepLimit, results)
	s.check(got == 1 && err == nil, "GetMultipleCompletionStatus: %d, %v", got, err)
	s.check(results[0] == aix.Gmcs{CompletionKey: 6, Errorno: syscall.ENOTCONN, Overlapped: &ov}, "the packet is %+v", results[0])
}

// E07
func fieldsOfGmcs(s *scene) {
	p := s.port()
	ov := new(aix.OVERLAPPED)
	s.post(p, 1<<32-1, 1<<31, ov)
	results := make([]aix.Gmcs, 1)
	got, err := aix.GetMultipleCompletionStatus(p, 1, 1, 0, results)
	s.check(got == 1 && err == nil, "GetMultipleCompletionStatus: %d, %v", got, err)
	s.check(results[0] == aix.Gmcs{TransferCount: 1<<32 - 1, CompletionKey: 1 << 31, Overlapped: ov}, "the packet is %+v", results[0])
}

// E08: a signal does not end the wait, so there is no EINTR.
func multipleNotInterrupted(s *scene) {
	p := s.port()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.multiple(p, 2, 2, aix.INFINITE, nil, 1, 2)
	}()
	s.awaitBlocked(1)
	s.postAll(p, 1)
	for range 100 {
		s.must(syscall.Kill(syscall.Getpid(), syscall.SIGURG), "kill(2)")
	}
	s.postAll(p, 2)
	<-ended
}

// E11: what was taken before is not lost.
func closedAfterSome(s *scene) {
	p := s.port()
	s.postAll(p, 1, 2)
	go func() {
		s.awaitBlocked(1)
		aix.Close(p)
	}()
	s.multiple(p, 3, 3, aix.INFINITE, syscall.EINVAL, 1, 2)
	s.fails(aix.Close(p), syscall.EBADF, "Close")
	s.open = nil
}

// E12
func multipleFromBadPort(s *scene) {
	_, a, _ := s.served(1)
	closed := s.port()
	s.close(closed)
	for _, h := range []aix.HANDLE{aix.NULL, closed, a, -1, 1 << 20, 1<<31 - 1, -1 << 31} {
		n, err := aix.GetMultipleCompletionStatus(h, 1, 1, aix.INFINITE, make([]aix.Gmcs, 1))
		s.check(n == -1, "GetMultipleCompletionStatus: %d", n)
		s.fails(err, syscall.EINVAL, "GetMultipleCompletionStatus")
	}
}

// E14: on AIX it must be the only call that waits. Here several may, with the other function.
func severalWaiters(s *scene) {
	p := s.port()
	got := make(chan int, 4)
	for i := range 4 {
		go func() {
			if i%2 == 0 {
				s.get(p, stepLimit)
				got <- 1
				return
			}
			n, _ := aix.GetMultipleCompletionStatus(p, 3, 3, stepLimit, make([]aix.Gmcs, 3))
			got <- n
		}()
	}
	s.awaitBlocked(4)
	s.postAll(p, 1, 2, 3, 4, 5, 6, 7, 8)
	sum := 0
	for range 4 {
		sum += <-got
	}
	s.check(sum == 8, "%d packets of 8 were taken", sum)
}

// E14: nothing is outstanding any more, and the call waits on.
func cancelDoesNotShorten(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	c := s.aio(f, 0, make([]byte, 3)).to(p)
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	_, err := aix.AioCancel(f, &c.AIOCB)
	s.must(err, "AioCancel")
	n, err := aix.GetMultipleCompletionStatus(p, 2, 2, 5*quiet, make([]aix.Gmcs, 2))
	s.check(n == 1, "took %d packets, want the one", n)
	s.fails(err, syscall.ETIMEDOUT, "GetMultipleCompletionStatus")
}
