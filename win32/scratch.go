// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

// scratch is memory that devices need for a request, kept with the operation so that it is
// allocated once.
type scratch struct {
	bufs [][]byte     // the caller's buffers, of a request with several
	pipe *pipeRequest // what package npfs knows it by

	socketRequest
}

func (s *scratch) clear() {
	clear(s.bufs)
	s.bufs, s.socketRequest = s.bufs[:0], socketRequest{}
}
