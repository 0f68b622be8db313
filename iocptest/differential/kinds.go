// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"time"

	"iocp"
)

// kind is what a step can be.
type kind struct {
	name string
	run  func(*runner, Step)
}

// kinds are chosen by the number of a step; those that move data stand there more than once.
var kinds = []kind{
	{"send", onEnd(sendStep)},
	{"receive", onEnd(receiveStep)},
	{"send", onEnd(sendStep)},
	{"receive", onEnd(receiveStep)},
	{"receive with timeout", onEnd(timeoutStep)},
	{"cancel a receive", onEnd(cancelStep)},
	{"cancel all", onEnd(cancelAllStep)},
	{"shut down", onEnd(shutdownStep)},
	{"disconnect", onEnd(disconnectStep)},
	{"close a connection", onEnd(closeStep)},
	{"reset a connection", onEnd(resetStep)},
	{"skip on success", onEnd(skipStep)},
	{"duplicate and close", onEnd(duplicateStep)},
	{"bulk transfer", onEnd(bulkStep)},
	{"stalled sends", onEnd(stallStep)},
	{"cancel in a race", onEnd(raceCancelStep)},
	{"timeout in a race", onEnd(raceTimeoutStep)},
	{"close in a race", onEnd(raceCloseStep)},
	{"accepts and connects", acceptStep},
	{"accepts cancelled", acceptCancelStep},
	{"connect refused", refusedStep},
	{"send datagram", onDatagrams(sendDatagramStep)},
	{"receive datagram", onDatagrams(receiveDatagramStep)},
	{"receive datagram", onDatagrams(receiveDatagramStep)},
	{"cancel datagrams", onDatagrams(cancelDatagramStep)},
	{"close datagrams", onDatagrams(closeDatagramStep)},
	{"write file", onDisk(writeStep)},
	{"read file", onDisk(readStep)},
	{"file burst", onDisk(burstStep)},
	{"sync or truncate", onDisk(syncStep)},
	{"close file", onDisk(closeDiskStep)},
	{"write pipe", onPipe(writePipeStep)},
	{"read pipe", onPipe(readPipeStep)},
	{"cancel pipe", onPipe(cancelPipeStep)},
	{"close pipe", onPipe(closePipeStep)},
	{"post", postStep},
}

func (s Step) kind() kind { return kinds[int(s.Kind)%len(kinds)] }

// postStep posts packets, which come out in their order (D08).
func postStep(r *runner, s Step) {
	n := int(s.A%20) + 1
	for i := range n {
		r.must(r.port.Post(iocp.Completion{Key: i}), "Post")
	}
	for deadline := time.Now().Add(r.Limit); len(r.posted) < n; {
		if !r.take(time.Until(deadline)) {
			r.broken("%d packets were posted and %d came in %v", n, len(r.posted), r.Limit)
		}
	}
	for i, key := range r.posted {
		if r.takers.packets == nil && key != i {
			r.broken("of %d posted packets number %v comes when %d is due", n, key, i)
		}
	}
	if len(r.posted) > n {
		r.broken("%d packets were posted and %d came", n, len(r.posted))
	}
	r.posted = r.posted[:0]
	r.line("%d posted", n)
}
