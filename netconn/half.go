// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"iocp"
)

// operation is the one operation that a half of a connection has in flight at most.
type operation struct {
	iocp.Overlapped
	done chan outcome
}

type outcome struct {
	bytes int64
	err   error
}

// Complete passes the packet on to the goroutine that waits for it. It never blocks: the
// channel has room for one, and the next operation starts after the packet was taken.
func (op *operation) Complete(c iocp.Completion) {
	op.done <- outcome{c.Bytes, c.Err}
}

// A half is one direction of a connection: its operation, its deadline, and the reason why
// it ended. The calls of one direction follow one another by turn, as they do under the
// fd_mutex of internal/poll; mu is held only to start an operation or to change a state.
type half struct {
	turn sync.Mutex // held for a whole Read, or a whole Write

	sync.Mutex
	op       operation
	gone     error // why nothing starts here any more; nil while it does
	deadline deadline
}

func (h *half) init() {
	h.op.done = make(chan outcome, 1)
	h.deadline.owner = h
}

// run starts an operation and waits for its packet. Until then the buffer belongs to the
// port, so no other event can end the wait: whoever wants it to end cancels the operation,
// and the packet always comes (J07). Taking the lock around the start makes sure that an
// interruption either prevents the operation or finds it in flight.
func (h *half) run(start func() error) (int64, error) {
	err := h.begin(start)
	switch {
	case err == nil:
		o := <-h.op.done
		return o.bytes, o.err
	case err == iocp.ErrCompleted:
		return h.op.Result()
	}
	return 0, err
}

func (h *half) begin(start func() error) error {
	h.Lock()
	defer h.Unlock()
	if err := h.refusal(); err != nil {
		return err
	}
	return start()
}

// refusal is why an operation may not start now, or nil. It asks for h's lock.
func (h *half) refusal() error {
	switch {
	case h.gone != nil:
		return h.gone
	case h.deadline.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// check is refusal for callers that do not hold the lock.
func (h *half) check() error {
	h.Lock()
	defer h.Unlock()
	return h.refusal()
}

// ended is why the half ended for good, or nil; a deadline is no such reason.
func (h *half) ended() error {
	h.Lock()
	defer h.Unlock()
	return h.gone
}

// interrupt asks for the end of the operation in flight, with h's lock held. There may be
// none, or it may be over: both are fine (J05, J06).
func (h *half) interrupt() {
	h.op.Cancel()
}

// end refuses further operations with why and reports whether the half was in use until
// now. A half that was shut down may still be closed, but not the other way round.
func (h *half) end(why error) bool {
	h.Lock()
	defer h.Unlock()
	if h.gone == net.ErrClosed {
		return false
	}
	h.gone = why
	if why == net.ErrClosed {
		h.deadline.stop()
	}
	return true
}

func (h *half) setDeadline(t time.Time) error {
	h.Lock()
	defer h.Unlock()
	if h.gone == net.ErrClosed {
		return net.ErrClosed
	}
	h.deadline.set(t)
	return nil
}

// canceled reports an operation that was cancelled. The caller tries again: either begin
// knows the reason, or the reason has gone, as when a deadline expired and was set anew
// before the packet came. Package net treats that race in the same way.
func canceled(err error) bool {
	return errors.Is(err, iocp.ErrCanceled)
}

// maxTransfer bounds one receive or send, because lengths have 32 bits in some engines.
const maxTransfer = 1 << 30

// recv reads once into b, which is not empty.
func (h *half) recv(tcp *iocp.TCPConn, b []byte) (int, error) {
	b = b[:min(len(b), maxTransfer)]
	for {
		n, err := h.run(func() error { return tcp.Recv(&h.op, b) })
		switch {
		case n > 0:
			return int(n), nil
		case !canceled(err):
			return 0, err
		}
	}
}

// send writes all of b. A send that was cancelled may have sent a part (I45): it goes on
// behind that part, or returns its size with the reason.
func (h *half) send(tcp *iocp.TCPConn, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, h.check()
	}
	sent := 0
	for sent < len(b) {
		chunk := b[sent:min(len(b), sent+maxTransfer)]
		n, err := h.run(func() error { return tcp.Send(&h.op, chunk) })
		sent += int(n)
		switch {
		case int(n) == len(chunk) || canceled(err):
		case err != nil:
			return sent, err
		case n == 0:
			return sent, io.ErrUnexpectedEOF
		}
	}
	return sent, nil
}
