// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"time"

	"iocp/internal/engine/sim"
)

// Faults says how often a simulated machine misbehaves. Every field but the two durations is a
// probability from 0 to 1: that of an operation suffering it, where it makes sense for its kind. The
// zero value is a machine on which everything works.
//
// Package iocp hides what a program must not see: an operation that was interrupted, or that the
// machine gave up, is made again; a send goes on until everything is sent; no completion is lost.
// The rest is what real machines do to programs, seldom, and at the worst of times.
type Faults struct {
	Delay    float64       // an operation begins late, by up to MaxDelay
	MaxDelay time.Duration // 0 stands for 5 ms
	Latency  time.Duration // what anything usually takes, give or take half of it; 0 stands for 10 us

	Short     float64 // a stream moves only some of the bytes that it could; so does a write to a file
	Reset     float64 // a connection is reset under a transfer, or before it is accepted
	Refuse    float64 // a connect ends with ECONNREFUSED although somebody listens
	Lose      float64 // a datagram is lost
	Duplicate float64 // a datagram arrives twice
	Disk      float64 // a file answers EIO, or ENOSPC to a write

	LateCancel float64 // a cancel comes late, by up to MaxDelay, when the operation may be over

	Interrupt  float64 // EINTR
	Again      float64 // EAGAIN, although nothing is non-blocking
	NoMemory   float64 // ENOMEM
	NoBuffers  float64 // ENOBUFS, of sockets
	NoFiles    float64 // EMFILE or ENFILE, of accepts, new sockets and files
	ThreadLoss float64 // an operation is given up because the thread that started it has ended

	Overflow  float64 // a completion does not fit into the completion queue, nor do those behind it
	Deferred  float64 // a completion waits until somebody enters the kernel
	FullQueue float64 // the kernel does not take what is submitted
	Reorder   float64 // a completion comes late, behind others, by up to MaxDelay
}

// Hostile returns faults that are all of probability p: 0.05 is a bad day.
func Hostile(p float64) Faults { return Faults(sim.Everywhere(p)) }
