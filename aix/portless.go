// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math"
	"sync"
	"syscall"

	"iocp"
)

// portless is where AIO requests go that name no port: a port of the package's own. It is made
// for the first of them and stays; its worker lives only as long as there are such requests.
var portless privatePort

type privatePort struct {
	mu      sync.Mutex
	p       *iocp.Port
	pending map[*AIOCB]struct{}
	serving bool
	ended   chan struct{} // closed at the next end of a request; nil unless somebody waits
}

// start makes the request on a duplicate of its own, which is closed at its end: the caller may
// close the file with close(2) at any time.
func (pp *privatePort) start(cb *AIOCB, begin func(*AIOCB, *iocp.File) error) syscall.Errno {
	p, err := pp.port()
	if err != nil {
		return errnoOf(err)
	}
	f, err := duplicateFile(cb.Fildes)
	if err != nil {
		return errnoOf(err)
	}
	if err := p.Associate(f, nil); err != nil {
		f.Close()
		return errnoOf(err)
	}
	cb.req.own, cb.req.port = f, nil
	cb.req.status.Store(onNone)
	pp.mu.Lock() // the end cannot be noticed before the request is in the books
	defer pp.mu.Unlock()
	if err := begin(cb, f); err != nil {
		cb.req.own = nil
		f.Close()
		return startErrno(err)
	}
	pp.pending[cb] = struct{}{}
	if !pp.serving {
		pp.serving = true
		go pp.serve()
	}
	return 0
}

func (pp *privatePort) port() (*iocp.Port, error) {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	if pp.p != nil {
		return pp.p, nil
	}
	p, err := iocp.NewPort(iocp.Config{Concurrency: math.MaxInt32})
	if err != nil {
		return nil, err
	}
	pp.p, pp.pending = p, make(map[*AIOCB]struct{})
	return p, nil
}

// serve takes packets until none is left to come.
func (pp *privatePort) serve() {
	defer pp.p.Leave()
	for {
		c, err := pp.p.Get(iocp.Infinite)
		if err != nil || pp.end(c.Op.(*aioRequest)) {
			return
		}
	}
}

// end ends a request, and reports whether it was the last.
func (pp *privatePort) end(r *aioRequest) bool {
	f := r.own
	r.own = nil
	f.Close()
	pp.mu.Lock()
	defer pp.mu.Unlock()
	delete(pp.pending, r.cb)
	r.taken()
	if pp.ended != nil {
		close(pp.ended)
		pp.ended = nil
	}
	pp.serving = len(pp.pending) > 0
	return !pp.serving
}

// next returns a channel that is closed when the next request ends.
func (pp *privatePort) next() <-chan struct{} {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	if pp.ended == nil {
		pp.ended = make(chan struct{})
	}
	return pp.ended
}

// of returns the requests that are pending on h.
func (pp *privatePort) of(h HANDLE) (all []*AIOCB) {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	for cb := range pp.pending {
		if cb.Fildes == h {
			all = append(all, cb)
		}
	}
	return all
}
