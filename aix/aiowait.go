// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"syscall"
	"time"

	"iocp"
)

// What AioCancel returns.
const (
	AIO_CANCELED    = 0 // what was asked for has been cancelled, or at least is over now
	AIO_NOTCANCELED = 1 // at least one request goes on
	AIO_ALLDONE     = 2 // there was nothing to cancel
)

// AioCancel asks for the end of cb's request, or with nil of all requests on the file. It does
// not wait. A request that has reached the device usually completes all the same; AioError tells
// how it ended. Unlike on AIX the packet comes in any case, with ECANCELED if the request was
// cancelled (L09, J07).
//
// It returns AIO_CANCELED, AIO_NOTCANCELED or AIO_ALLDONE, or -1 and EBADF if h is not open.
func AioCancel(h HANDLE, cb *AIOCB) (int, error) {
	if h < 0 {
		return -1, syscall.EBADF
	}
	if _, _, err := identify(h); err != nil {
		return -1, plain(err)
	}
	if cb != nil {
		return cb.cancel(), nil
	}
	return cancelAll(h), nil
}

func (cb *AIOCB) cancel() int {
	if !cb.req.started() || cb.req.Cancel() != nil {
		return AIO_ALLDONE
	}
	switch _, err := cb.req.Result(); err {
	case iocp.ErrIncomplete:
		return AIO_NOTCANCELED
	case iocp.ErrCanceled:
		return AIO_CANCELED
	}
	return AIO_ALLDONE
}

func cancelAll(h HANDLE) int {
	result := AIO_ALLDONE
	for _, cb := range portless.of(h) {
		result = worse(result, cb.cancel())
	}
	e := lookup(h)
	if e == nil || e.file == nil {
		return result
	}
	for _, on := range e.file.ports {
		if on.f.CancelAll() != nil {
			continue
		}
		if on.f.CancelAll() == nil {
			return AIO_NOTCANCELED // still there
		}
		result = worse(result, AIO_CANCELED)
	}
	return result
}

// worse sums up two results: one that goes on outweighs one that was cancelled, and that one
// there was nothing to do for.
func worse(a, b int) int {
	rank := [...]int{AIO_CANCELED: 1, AIO_NOTCANCELED: 2, AIO_ALLDONE: 0}
	if rank[a] >= rank[b] {
		return a
	}
	return b
}

// AioSuspend waits until one of the requests is over; nil elements are ignored. It blocks. A
// negative timeout waits as long as it takes. The packets of requests that have a port are not
// taken; their end is noticed up to a millisecond late.
//
// Errors: EAGAIN if the time is over; EINVAL if no element names a request.
func AioSuspend(list []*AIOCB, timeout time.Duration) error {
	return await(list, timeout, false)
}

// await waits for one of the requests, or for all of them.
func await(list []*AIOCB, timeout time.Duration, all bool) error {
	start := time.Now()
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, time.Millisecond) {
		ended := portless.next()
		pending, over, polled := tally(list)
		if pending+over == 0 {
			return syscall.EINVAL
		}
		if pending == 0 || !all && over > 0 {
			return nil
		}
		wait := timeout - time.Since(start)
		if timeout < 0 {
			wait = time.Hour
		}
		if wait <= 0 {
			return syscall.EAGAIN
		}
		if polled {
			wait = min(wait, pause)
		}
		waitFor(ended, wait)
	}
}

// tally counts the requests of list, and says whether some have to be looked at again because
// they are on a port that nobody may be serving.
func tally(list []*AIOCB) (pending, over int, polled bool) {
	for _, cb := range list {
		if cb == nil || cb.req.status.Load() == noRequest {
			continue
		}
		if _, errno := cb.req.outcome(); errno == syscall.EINPROGRESS {
			pending++
			polled = polled || cb.req.status.Load() == onPort
		} else {
			over++
		}
	}
	return pending, over, polled
}

func waitFor(ended <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ended:
	case <-t.C:
	}
}
