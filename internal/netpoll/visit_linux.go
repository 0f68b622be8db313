// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netpoll

import (
	"encoding/binary"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Visitor is an eventfd(2) that the poller knows.
type Visitor struct {
	file *os.File
	conn syscall.RawConn

	// Made once: to make it for each Visit would allocate.
	call func(fd uintptr) bool

	called bool
}

// New returns a Visitor, or nil where there is none: another system, a process without a descriptor left. It does not
// block. Close gives its descriptor back.
func New() *Visitor {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil
	}
	v := new(Visitor)
	v.call = func(fd uintptr) bool {
		if v.called {
			return true
		}
		_, err := unix.Write(int(fd), one[:])
		v.called = true
		return err != nil
	}
	if v.file, v.conn, err = Open(fd, "eventfd"); err != nil {
		v.file.Close()
		return nil
	}
	return v
}

// Visit returns when the poller has been asked, and those that it brought can run; it takes about 1 us if nobody else runs
// meanwhile. One goroutine at a time. It does not allocate, and on a closed Visitor it returns at once.
//
// The poller is told of every write (it registers with EPOLLET), so nothing need be read. What it tells is forgotten when a Read
// begins, so the write comes after that.
func (v *Visitor) Visit() {
	v.called = false
	v.conn.Read(v.call)
}

// one is what is written: eventfd(2) adds it to a number of 64 bits.
var one = func() (b [8]byte) {
	binary.NativeEndian.PutUint64(b[:], 1)
	return b
}()

// Close ends a Visit, too.
func (v *Visitor) Close() { v.file.Close() }
