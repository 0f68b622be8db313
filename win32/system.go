// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"

	"iocp"
)

// system is the port of the files that have none: what they do ends with an event, an APC, or in
// the call itself. It exists, with one goroutine that serves it, as long as such a file is
// open or one of its operations goes on.
var system systemPort

type systemPort struct {
	mu    sync.Mutex
	port  *iocp.Port
	files int
}

// adopt associates an endpoint with the system's port until leave is called for it.
func (s *systemPort) adopt(e endpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.port == nil {
		p, err := iocp.NewPort(iocp.Config{Concurrency: 1})
		if err != nil {
			return statusOf(err).Errno()
		}
		s.port = p
		go serveSystem(p)
	}
	if err := s.port.Associate(e, nil); err != nil {
		s.closeIfUnused()
		return statusOf(err).Errno()
	}
	s.files++
	return nil
}

// leave is called when a file is closed and all its operations are over.
func (s *systemPort) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files--
	s.closeIfUnused()
}

func (s *systemPort) closeIfUnused() {
	if s.files == 0 {
		s.port.Close()
		s.port = nil
	}
}

// serveSystem ends operations: the event, the APC, the goroutine that waits, or a packet at the
// port the file has been associated with meanwhile.
func serveSystem(p *iocp.Port) {
	for {
		c, err := p.Get(iocp.Infinite)
		if err != nil {
			return
		}
		op := c.Op.(*operation)
		op.complete(op.statusOf(c.Err), uintptr(c.Bytes))
	}
}
