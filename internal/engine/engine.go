// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package engine holds the one contract between a port and whatever drives its
// operations to completion. The engines themselves live in the folders below.
//
// An engine knows operations, descriptors and memory. It must never learn about
// completion keys, workers or the concurrency value (those are internal/queue's), nor
// about endpoints and the order of operations on one of them (those are package iocp's).
package engine

import (
	"time"
	"unsafe"
)

// Kind says what an operation does. Each kind is one request to the kernel; what takes
// several (a file sent over a socket, an accept that waits for the first bytes) is put
// together by package iocp.
type Kind uint8

// The kinds, with the fields of Op they use beside FD. Result is Completion.Res.
const (
	Nop      Kind = iota // nothing; result 0
	Read                 // Addr, Len, Off (-1 for a stream), Flags = RWF_*; result: bytes
	Write                // Addr, Len, Off, Flags = RWF_*; result: bytes
	Readv                // Addr = iovec array, Len = its length, Off, Flags; result: bytes
	Writev               // the same
	Recv                 // Addr, Len, Flags = MSG_*; result: bytes, 0 at the end of a stream
	Send                 // Addr, Len, Flags = MSG_*; result: bytes
	RecvMsg              // Addr = struct msghdr, Flags = MSG_*; result: bytes
	SendMsg              // Addr = struct msghdr, Flags = MSG_*; result: bytes
	Accept               // Flags = SOCK_*; result: the new descriptor
	Connect              // Addr = struct sockaddr, Off = its length; result 0
	Shutdown             // Len = SHUT_*; result 0
	Sync                 // Flags: 0 fsync, 1 fdatasync; result 0
	Poll                 // Flags = POLL*; one shot; result: the events that are ready
	Close                // closes FD; result 0

	// Some engines alone know those below; the others refuse them as they do an unknown kind: see Optional.

	Disconnect // ends the sending of a connection, and may wait for what is still to be sent; result 0
	SendFile   // Addr = *FilePart, Len = bytes of the file, Off = where they begin; result: bytes
	kinds
)

var kindNames = [kinds]string{"nop", "read", "write", "readv", "writev", "recv", "send", "recvmsg",
	"sendmsg", "accept", "connect", "shutdown", "sync", "poll", "close", "disconnect", "sendfile"}

// String returns the name of the kind, in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Op is one request. Its owner fills the exported fields, queues it and does not touch it
// again until its Completion has been reaped; then it may be filled and queued again.
//
// The engine keeps a queued Op reachable, and with it everything Addr points into, so
// the kernel's memory cannot be collected. Addr may point outside the Go heap. It must
// not point into a goroutine's stack, which moves.
type Op struct {
	Kind  Kind
	Tag   uint8 // the owner's; an engine does not look at it
	FD    int32
	Len   uint32
	Flags uint32
	Addr  unsafe.Pointer
	Off   int64

	// Slot and Next belong to the engine while the operation is queued or in flight.
	Slot uint32
	Next *Op
}

// Optional is an engine that may know the kinds behind Close.
type Optional interface {
	// Offers reports whether operations of kind k can be queued; the answer is always the same. Any
	// time, any goroutine.
	Offers(k Kind) bool
}

// Dweller is an engine that can wait in Enter for a moment.
type Dweller interface {
	// Dwell is Engine.Enter(n, true) which, if there is no completion then, waits for one for up to d.
	// Nobody tells Go's scheduler: the goroutine keeps its processor, and Wake does not end the wait.
	Dwell(n int, d time.Duration) (submitted int, err error)
}

// FilePart is what Op.Addr of a SendFile points to. The stream FD is sent Head and then Op.Len bytes
// of File from Op.Off on, in all at most [MaxSendFile]; File's own position is neither used nor moved.
// File stays open, and both are left alone, until the operation is reaped.
//
// The result counts Head and the bytes of the file together. It is less than was asked for where the
// file ends (0: it ends at Op.Off or before, and there is no Head), and after a cancel or a failure
// that came when something had been sent: whoever wants the rest, or the error, asks again. EOPNOTSUPP
// says that nothing was sent and that the engine cannot send from this file, or on this stream: the
// owner has to read it.
type FilePart struct {
	File int32
	Head []byte
}

// MaxSendFile is the most that one SendFile may ask for: what one system's function takes (TransmitFile:
// 2,147,483,646 bytes), less what would not be whole pages.
const MaxSendFile = 0x7ffff000

// Completion is the end of one Op. Res is the result of the kind, or a negative errno.
type Completion struct {
	Op  *Op
	Res int32
}

// Engine drives operations to completion.
//
// It has no lock of its own: the port it serves has one, and every method says on which
// side of it the call is made. "Locked" methods take some tens of nanoseconds and never
// enter the kernel. Enter and Watch run without the lock, each by one goroutine at a time
// (one in Enter and one in Watch may overlap).
//
// Every queued Op is reaped exactly once. An operation that the kernel gave up although
// nobody asked for it (because the thread that submitted it has ended) is reaped with
// -ECANCELED like one that was cancelled; the owner knows whether it asked.
type Engine interface {
	// Name is the engine's name: "uring", "epoll", "portable", "nt", "sim". Any time.
	Name() string

	// Queue accepts op. It cannot fail: what does not fit into the kernel's submission
	// queue waits in the engine's own. Locked.
	Queue(op *Op)

	// Cancel asks for the end of op, which was queued and has not been reaped. It is a
	// request: op is still reaped exactly once, with -ECANCELED, its own result, or
	// what it had transferred so far. Cancel counts as Pending work. Locked.
	Cancel(op *Op)

	// Pending is the number of requests, cancels included, that the next Enter would
	// submit. Locked.
	Pending() int

	// InFlight is the number of operations queued and not yet reaped. Locked.
	InFlight() int

	// Ready is the number of completions that Reap would find now; at least one if the
	// kernel holds more that only Enter(true) can bring. Locked.
	Ready() int

	// Work reports whether Enter(true) may make completions appear although nothing is
	// pending: deferred kernel work, an overflowed completion queue. It may stay true after
	// an Enter, since the work can belong to another thread. Locked.
	Work() bool

	// Reap moves up to len(buf) completions into buf, oldest first, and returns their
	// number. A reaped Op belongs to its owner again. Locked.
	Reap(buf []Completion) int

	// Publish makes what is pending visible to the next Enter and returns its number.
	// Locked.
	Publish() int

	// Enter submits the n requests that Publish returned and, with events, lets the
	// kernel finish deferred work. It does not wait for completions. It returns how many
	// the kernel took. The normal answers of a busy kernel (EINTR, EAGAIN, EBUSY) are not
	// errors: what was not submitted stays pending. An error means that the engine is
	// broken for good. Not locked.
	Enter(n int, events bool) (submitted int, err error)

	// Watch parks the calling goroutine until there is something to reap or Wake is
	// called. It does not hold a thread or a P meanwhile. Not locked.
	Watch()

	// Wake ends the current or the next Watch. Whoever called Watch calls Rearm after
	// a Wake, before anybody watches again. Both locked.
	Wake()
	Rearm()

	// Nudge makes deferred completions that wait for a thread busy with user code appear
	// without that thread's help, as far as the kernel allows. Not locked; any
	// goroutine.
	Nudge()

	// Forget says that the owner is about to close fd himself, or to put another file under
	// its number, instead of queueing a Close. Nothing on fd may be in flight. It may be
	// called after Close, too. Not locked; any goroutine.
	Forget(fd int32)

	// Close gives back the kernel's resources. Nothing may be in flight, and nobody may be
	// in Enter or Watch, or call anything afterwards. Not locked.
	Close() error
}
