// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"io"

	"iocp/aix"
)

// session is a connection. It has one request in flight at a time, so one OVERLAPPED and one
// buffer do, and only one worker at a time has to do with it.
type session struct {
	overlapped aix.OVERLAPPED
	fd         aix.HANDLE
	key        uint32
	state      state
	buf        [4096]byte
}

// state is what the last request was.
type state int

const (
	admitted state = iota
	reading
	writing
)

// proceed goes on after a request that transferred count bytes and ended with err, until the next
// one cannot be done at once. EINPROGRESS: a packet will come, and another worker may be at work
// with it already. Any other error is the end of the connection.
func (ss *session) proceed(count uint32, err error) error {
	for err == nil {
		switch ss.state {
		case admitted, writing:
			ss.state = reading
			err = aix.ReadFile(ss.fd, ss.buf[:], &count, &ss.overlapped)
		case reading:
			if count == 0 {
				return io.EOF
			}
			ss.state = writing
			err = aix.WriteFile(ss.fd, ss.buf[:count], &count, &ss.overlapped)
		}
	}
	return err
}
