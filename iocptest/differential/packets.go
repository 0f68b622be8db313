// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"iocp"
)

// op is an operation of a program.
type op struct {
	iocp.Overlapped
	id    int
	name  string
	key   any
	skip  bool // its endpoint is in SkipOnSuccess mode
	quiet bool // how it ends is left open by the rules: the trace does not show it
	due   bool // something has happened that must end it

	refused bool // at the start
	over    bool
	n       int64
	err     error
}

func (o *op) String() string { return fmt.Sprintf("%s#%d", o.name, o.id) }

// newOp makes an operation for an endpoint with this key and mode.
func (r *runner) newOp(name string, key any, skip bool) *op {
	r.ids++
	return &op{id: r.ids, name: name, key: key, skip: skip}
}

// quietOp makes one that the trace does not show, because the rules leave open how it ends, or
// whether it is needed at all.
func (r *runner) quietOp(name string, key any, skip bool) *op {
	r.quiet++
	return &op{id: -r.quiet, name: name, key: key, skip: skip, quiet: true}
}

// start takes what the start of o has returned. In SkipOnSuccess mode the end at once is the same
// as a packet: whether there is one is the engine's business (K01).
func (r *runner) start(o *op, err error) *op {
	switch {
	case err == nil:
		r.inFlight[o] = true
		return o
	case errors.Is(err, iocp.ErrCompleted) && o.skip:
		o.n, o.err = o.Result()
	case errors.Is(err, iocp.ErrTruncated) && o.skip:
		o.n, _ = o.Result()
		o.err = err
	default:
		o.refused, o.err, o.due = !o.skip, err, true
	}
	if o.InFlight() {
		r.broken("%v is in flight although its start returned %v", o, err)
	}
	o.over = true
	r.ended = append(r.ended, o)
	return o
}

// await waits for the ends of operations that are due.
func (r *runner) await(ops ...*op) {
	for _, o := range ops {
		o.due = true
	}
	deadline := time.Now().Add(r.Limit)
	for _, o := range ops {
		for !o.over {
			if !r.take(time.Until(deadline)) {
				r.broken("no packet for %v, %v after it was due", o, r.Limit)
			}
		}
	}
}

// gather takes what is there.
func (r *runner) gather() {
	for r.take(0) {
	}
}

// take takes packets, and reports whether there were any in time.
func (r *runner) take(d time.Duration) bool {
	if r.takers.packets != nil {
		return r.takeFromTakers(d)
	}
	n, err := r.port.GetBatch(r.batch, max(d, 0))
	if err != nil && !errors.Is(err, iocp.ErrTimeout) {
		r.broken("GetBatch: %v", err)
	}
	for i := range r.batch[:n] {
		r.packet(r.batch[i])
	}
	return n > 0
}

// packet takes one packet, which must be the only one of its operation.
func (r *runner) packet(c iocp.Completion) {
	if c.Op == nil {
		r.posted = append(r.posted, c.Key)
		return
	}
	o, ok := c.Op.(*op)
	if !ok || !r.inFlight[o] {
		r.broken("a packet for %v, which is not in flight: %d bytes, %v", c.Op, c.Bytes, c.Err)
	}
	delete(r.inFlight, o)
	if c.Key != o.key {
		r.broken("the packet of %v has the key %v, want %v", o, c.Key, o.key)
	}
	if o.InFlight() {
		r.broken("%v is in flight although its packet was taken", o)
	}
	if n, err := o.Result(); n != c.Bytes || err != c.Err {
		r.broken("the packet of %v says %d, %v and its Result %d, %v", o, c.Bytes, c.Err, n, err)
	}
	o.n, o.err, o.over = c.Bytes, c.Err, true
	r.ended = append(r.ended, o)
}

// outcome is how o ended, in the words of a trace.
func (o *op) outcome() string {
	switch {
	case o.refused:
		return "refused " + class(o.err)
	case o.err != nil:
		return fmt.Sprintf("%d %s", o.n, class(o.err))
	}
	return fmt.Sprint(o.n)
}

// class is what a program can tell of an error.
func class(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{io.EOF, "EOF"}, {iocp.ErrCanceled, "canceled"}, {iocp.ErrTruncated, "truncated"},
		{os.ErrDeadlineExceeded, "deadline"}, {net.ErrClosed, "closed"}, {iocp.ErrNotFound, "not found"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// takers are workers that take the packets for a program.
type takers struct {
	packets chan iocp.Completion
	done    sync.WaitGroup
}

func (r *runner) startTakers(n int) {
	if n == 0 {
		return
	}
	r.takers.packets = make(chan iocp.Completion, 64)
	for range n {
		batch := make([]iocp.Completion, len(r.batch))
		r.takers.done.Go(func() {
			for {
				n, err := r.port.GetBatch(batch, iocp.Infinite)
				if err != nil {
					return
				}
				for _, c := range batch[:n] {
					r.takers.packets <- c
				}
			}
		})
	}
}

func (r *runner) takeFromTakers(d time.Duration) bool {
	var limit <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		limit = t.C
	} else {
		expired := make(chan time.Time)
		close(expired)
		limit = expired
		select { // what is there goes first
		case c := <-r.takers.packets:
			r.packet(c)
			return true
		default:
		}
	}
	select {
	case c := <-r.takers.packets:
		r.packet(c)
		return true
	case <-limit:
		return false
	}
}

// joinTakers waits for the end of the takers of a closed port.
func (r *runner) joinTakers() {
	if r.takers.packets == nil {
		return
	}
	go func() {
		r.takers.done.Wait()
		close(r.takers.packets)
	}()
	for range r.takers.packets { // of a program that was broken off
	}
}
