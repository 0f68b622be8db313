// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"iocp/internal/engine"
)

// Errno is an error number of the system that the program was built for; 0 is success.
type Errno = syscall.Errno

// System is everything that an endpoint asks of a kernel beside its operations. An endpoint keeps
// the one it was made with; its port's engine drives descriptors of the same one.
//
// All methods may be called by any goroutine at any time, about any descriptor, also one that was
// closed meanwhile: EBADF is an answer. None waits for a peer or a device, except Close, OpenFile
// and Truncate, which may. Those marked "locked" are called with a port's lock held, too: they take
// no more than the time of a short system call, call nothing of package iocp, and allocate nothing.
//
// Values of the type are compared with ==: two endpoints with equal ones are of one machine.
type System interface {
	// Socket makes a socket: socket(2). family is one of AFInet, AFInet6, AFUnix, typ of SockStream
	// and SockDgram, proto 0 or the protocol of the two. The descriptor is not inherited by child
	// processes, blocks as far as the engines want that, and signals nothing when its peer is
	// gone.
	Socket(family, typ, proto int) (fd int32, errno Errno)

	// Bind gives a socket the address addr, which is of its family: bind(2). A zone is the name or
	// the number of an interface.
	Bind(fd int32, addr netip.AddrPort) Errno

	// Listen makes a bound or unbound socket listen, or changes the backlog, of which the system
	// takes as much as it allows: listen(2).
	Listen(fd int32, backlog int) Errno

	// Shutdown ends directions of a connection: how is ShutRead, ShutWrite or ShutBoth: shutdown(2).
	Shutdown(fd int32, how int) Errno

	// LocalAddr returns the socket's own address and PeerAddr the one it is connected to; the zero
	// value without an error if that is none of the internet.
	LocalAddr(fd int32) (netip.AddrPort, Errno)
	PeerAddr(fd int32) (netip.AddrPort, Errno)

	// Option returns the value of an option and SetOption sets it. The options are neutral names;
	// each says what its value is and which systems do not have it: those answer ENOPROTOOPT.
	Option(fd int32, o Option) (int, Errno)
	SetOption(fd int32, o Option, value int) Errno

	// Dissolve makes a socket whose connect has failed, or was given up, fit for another one, under
	// its own address if the system lets it keep that: connect(2), AF_UNSPEC. EOPNOTSUPP says that
	// this system cannot, and that a new socket is needed.
	Dissolve(fd int32) Errno

	// HungUp reports whether a connection that takes no more data is over in both directions:
	// poll(2), POLLHUP. False: the program itself has ended its sending, and may go on to receive.
	// Locked.
	HungUp(fd int32) bool

	// DropErrors takes away what ReportRefused has the kernel keep about datagrams that were
	// refused, as far as that would make the socket count as readable. Locked.
	DropErrors(fd int32)

	// Replace gives the socket fd the place of old: dup3(2). It returns the number under which fd is
	// known from then on: old, where the system can, so that a program which knows that number goes
	// on using it; else fd. The other number is closed. After an error fd is closed and old as it
	// was. Nothing on either is in flight, and the engine has been told (engine.Engine.Forget).
	Replace(fd, old int32) (int32, Errno)

	// Close closes a descriptor of any kind: close(2). Nothing on it is in flight.
	Close(fd int32) Errno

	// Try makes the one attempt of a request that needs no waiting, before the engine is asked. op
	// is complete and of the kind Read, Recv, Send, RecvMsg or SendMsg; the result is that of the
	// kind (see internal/engine), or a negative Errno: -EAGAIN if it would have to wait, or if the
	// system cannot say; -EINTR if it was interrupted: in both cases the request goes to the engine
	// as it is, and nothing has been transferred. -EOPNOTSUPP of a Read says the same and that
	// further attempts on this descriptor are of no use.
	//
	// A Read is all or nothing: where the file ends, and what has to come from a device, is left
	// to the engine. op is not changed, except for the Message of a RecvMsg, and not kept. Try
	// allocates nothing.
	Try(op *engine.Op) int32

	// OpenFile opens a file as os.OpenFile does, fit for the engines; ODirect is a further flag.
	// The error is an *os.PathError.
	OpenFile(name string, flag int, perm os.FileMode) (fd int32, err error)

	// Describe says what kind of file a descriptor is.
	Describe(fd int32) (FileStatus, Errno)

	// Size returns the length of a file in bytes, Truncate sets it.
	Size(fd int32) (int64, Errno)
	Truncate(fd int32, size int64) Errno

	// Stat describes a file that was opened as name: fstat(2).
	Stat(fd int32, name string) (os.FileInfo, error)
}

// ErrOwned is in the error of an Adopt of what this system cannot take away from Go's runtime. It is an
// errors.ErrUnsupported.
var ErrOwned = fmt.Errorf("%w: the descriptor belongs to Go's runtime", errors.ErrUnsupported)

// FileStatus is what package iocp needs to know of a file.
type FileStatus struct {
	Read, Write bool // what it is open for
	Append      bool // every write goes to its end: O_APPEND (G10)
	Special     bool // a device, a pipe, a socket: operations may wait without end
	Stream      bool // it has no offsets: operations stand in line
	Try         bool // System.Try may find a Read's bytes without waiting for a device
	Unsized     bool // it does not say how long it is, and a read may get less before its end: proc(5)
}
