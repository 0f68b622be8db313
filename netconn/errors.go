// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"

	"iocp"
	"iocp/internal/sys"
)

// opError makes the error that package net would return from op on c. io.EOF is passed on as
// it is, as package net does.
func (c *Conn) opError(op, call string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.laddr, Addr: c.raddr, Err: plain(call, err)}
}

// opError makes the error that package net would return from op on l.
func (l *Listener) opError(op, call string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: l.network, Addr: l.addr, Err: plain(call, err)}
}

// plain takes off what package iocp wrapped around the reason and names the system call, so
// that exactly one *net.OpError is around it. Programs compare these values and ask them
// Timeout and Temporary (too many open files is temporary, net/http waits and goes on).
func plain(call string, err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, iocp.ErrClosed) { // connection or port
		return net.ErrClosed
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return os.NewSyscallError(callName(call), sys.Error(errno))
	}
	if inner, ok := errors.AsType[*net.OpError](err); ok {
		return inner.Err
	}
	return err
}

// callName is what package net calls a system call on this system.
func callName(call string) string {
	if runtime.GOOS != "windows" {
		return call
	}
	switch call {
	case "connect":
		return "connectex"
	case "read":
		return "wsarecv"
	case "write":
		return "wsasend"
	}
	return call
}
