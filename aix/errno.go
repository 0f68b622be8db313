// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"iocp"
)

// errnoOf translates an error of package iocp. It allocates nothing, and 0 stands for success: the
// end of a stream or a file is a count of 0 (I04, G04), and a datagram longer than its buffer is
// cut off, as by read(2).
func errnoOf(err error) syscall.Errno {
	for err != nil {
		switch e := err.(type) {
		case syscall.Errno:
			return e
		case *net.OpError:
			err = e.Err
		case *os.PathError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		case *iocp.EngineError:
			err = e.Err
		default:
			return sentinel(err)
		}
	}
	return 0
}

func sentinel(err error) syscall.Errno {
	switch err {
	case io.EOF, iocp.ErrTruncated:
		return 0
	case iocp.ErrTimeout:
		return syscall.ETIMEDOUT
	case iocp.ErrClosed:
		return syscall.EINVAL // a port that is not one any more (B12)
	case iocp.ErrCanceled:
		return syscall.ECANCELED
	case iocp.ErrTooManyOperations:
		return syscall.EAGAIN
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, net.ErrClosed):
		return syscall.EBADF
	case errors.As(err, &errno):
		return errno
	}
	return syscall.EIO
}

// plain makes an error of package unix a syscall.Errno, or nil.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errnoOf(err)
}

// socketErrno is the errno of a socket's request. A connection that is gone is ENOTCONN in whatever way
// it went: the descriptor was closed, or the peer reset it (I05, I06, I24). A write to a
// connection whose sending side has been shut down stays EPIPE (I21).
func socketErrno(err error) syscall.Errno {
	errno := errnoOf(err)
	switch errno {
	case syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EDESTADDRREQ, syscall.EBADF, syscall.ECANCELED:
		return syscall.ENOTCONN
	case syscall.ESHUTDOWN:
		return syscall.EPIPE
	}
	return errno
}

// fileErrno is the errno of an AIO request that is over.
func fileErrno(err error) syscall.Errno {
	errno := errnoOf(err)
	if errno == syscall.EBADF { // closed under it
		return syscall.ECANCELED
	}
	return errno
}

// startErrno is the errno of an AIO request that could not be started. A file that is open, but not
// for this, is EBADF, as one that is closed (G13).
func startErrno(err error) syscall.Errno {
	errno := errnoOf(err)
	if errno == syscall.EACCES {
		return syscall.EBADF
	}
	return errno
}
