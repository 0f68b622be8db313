// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

// Stats is a snapshot of a port: first its state, then counts since it was made.
type Stats struct {
	Queued   int // packets in the queue
	Waiting  int // workers waiting in Get
	Running  int // workers that count against the concurrency value
	Blocked  int // workers seen blocked outside Get
	InFlight int // operations the engine has and has not finished

	Posted     uint64 // packets posted
	Dequeued   uint64 // packets taken
	Handoffs   uint64 // posts handed to a waiting worker directly
	Parks      uint64 // waits on the stack of workers
	Watches    uint64 // waits for the engine
	Promotions uint64 // workers woken to wait for the engine
	Released   uint64 // slots freed because their worker had blocked
	Enters     uint64 // system calls made for the engine
	Submitted  uint64 // requests they carried
	Looks      uint64 // of the monitor
	Flushes    uint64 // looks that found requests left behind by a worker
	Stalls     uint64 // looks that found packets left behind by a worker
}

// Stats returns a snapshot of the port, consistent in itself. It takes the port's lock for
// some tens of nanoseconds.
func (p *Port) Stats() Stats {
	if p == nil || p.c == nil {
		return Stats{}
	}
	return Stats(p.c.q.Snapshot())
}
