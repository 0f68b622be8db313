// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port
// until Publish, then Enter, the line or the pool that it is given to, and at the end the list of
// what is over.
type request struct {
	inflight.Request[request] // must be the first field

	op     *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	desc   *desc      // the request is, or was, in a list of it; Enter's alone
	place  place      // guarded by desc.mu
	asking bool       // connect(2) is under way
	done   int        // bytes transferred so far
	res    int32

	iov  unix.Iovec // of the system call that carries out a request without vectors
	poll [1]unix.PollFd
	cut  cut // of the call that receives
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{} // it is the first field

// place says in which list of its descriptor a request waits.
type place uint8

const (
	nowhere place = iota // over, not started, or in the pool
	inLine               // in a line
	inPolls              // among the polls
)

// fifo is a list in which requests wait.
type fifo = inflight.List[request]

// rest is the memory of a request without vectors that is still to be transferred.
func (r *request) rest() *unix.Iovec {
	r.iov.Base = nil
	n := max(int(r.op.Len)-r.done, 0)
	if n > 0 {
		r.iov.Base = (*byte)(unsafe.Add(r.op.Addr, r.done))
	}
	r.iov.SetLen(n)
	return &r.iov
}

// vectors is the memory of a Read, Write, Readv or Writev: of the first two what is left of it.
func (r *request) vectors() []unix.Iovec {
	switch r.op.Kind {
	case engine.Readv, engine.Writev:
		return unsafe.Slice((*unix.Iovec)(r.op.Addr), int(r.op.Len))
	}
	return unsafe.Slice(r.rest(), 1)
}

// maxVectors is what one call takes: readv(2), IOV_MAX, which is 1024 on all these systems but
// solaris and illumos, where it is less than that only for old programs.
const maxVectors = 1024

// room is where the vectors of a request that goes on are put together.
type room [maxVectors]unix.Iovec

// behind puts what is left of all after done bytes into the room.
func (left *room) behind(all []unix.Iovec, done int) []unix.Iovec {
	n := 0
	for _, v := range all[:min(len(all), maxVectors)] {
		if skip := min(done, int(v.Len)); skip > 0 {
			done -= skip
			if skip == int(v.Len) {
				continue
			}
			v.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.Base), skip))
			v.SetLen(int(v.Len) - skip)
		}
		left[n] = v
		n++
	}
	return left[:n]
}

func lengthOf(vectors []unix.Iovec) (n int) {
	for i := range vectors {
		n += int(vectors[i].Len)
	}
	return n
}
