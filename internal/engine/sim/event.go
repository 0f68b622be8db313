// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

// event is something that is to happen. The fields beside the first four are the kind's.
type event struct {
	at   int64 // virtual time in ns
	tie  uint64
	seq  uint64
	what happening

	req  *request
	gen  uint32
	node *node
	flow *flow
	n    uint64
	gram *datagram
}

type happening uint8

const (
	carryOut    happening = iota // req: try it
	giveUp                       // req: its cancel has arrived
	lose                         // req: the thread that submitted it has ended
	show                         // req: its completion becomes visible
	arrive                       // flow: the first n bytes ever sent have arrived
	arriveEnd                    // flow: so has the end behind them
	arriveRST                    // node: a reset
	arriveGram                   // node: gram
	unreachable                  // node: a datagram of its own came back
	happenings
)

var happeningNames = [happenings]string{"run", "cancel", "lose", "show", "data", "end", "reset", "datagram", "unreachable"}

func (h happening) String() string { return happeningNames[h] }

func (a *event) before(b *event) bool {
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.tie != b.tie:
		return a.tie < b.tie
	}
	return a.seq < b.seq
}

// events is a binary heap, the next first.
type events []event

func (q *events) push(ev event) {
	h := append(*q, ev)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !h[i].before(&h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	*q = h
}

func (q *events) pop() event {
	h := *q
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{} // the heap must not keep memory reachable
	h = h[:last]
	for i := 0; ; {
		next := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && h[down].before(&h[next]) {
				next = down
			}
		}
		if next == i {
			break
		}
		h[i], h[next] = h[next], h[i]
		i = next
	}
	*q = h
	return first
}
