// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

// flow is one direction of a connection: what was sent and not received, in order. What was sent
// arrives a little later; until then the receiver does not see it, but it takes up room.
type flow struct {
	to *node // the receiver

	buf    []byte // a ring; its length is a power of two, or 0
	window int
	sent   uint64 // bytes, ever
	came   uint64
	read   uint64

	ended   bool // the sender has ended it
	endCame bool
	last    int64 // the latest time at which anything of it arrives
}

const (
	firstRing     = 4 << 10
	defaultWindow = 64 << 10
	minWindow     = 2 << 10
)

// room is how much can be sent now.
func (f *flow) room() int { return max(f.window-int(f.sent-f.read), 0) }

// here is how much can be received now.
func (f *flow) here() int { return int(f.came - f.read) }

// over reports whether nothing more will come.
func (f *flow) over() bool { return f.endCame && f.came == f.sent && f.here() == 0 }

// put sends b, for which there is room.
func (f *flow) put(b []byte) {
	if used := int(f.sent - f.read); used+len(b) > len(f.buf) {
		f.grow(used + len(b))
	}
	mask := uint64(len(f.buf) - 1)
	for len(b) > 0 {
		n := move(f.buf[f.sent&mask:], b)
		b = b[n:]
		f.sent += uint64(n)
	}
}

func (f *flow) grow(need int) {
	size := max(len(f.buf), firstRing)
	for size < need {
		size *= 2
	}
	buf := make([]byte, size)
	for at := f.read; at < f.sent; {
		from := f.buf[at&uint64(len(f.buf)-1):]
		from = from[:min(uint64(len(from)), f.sent-at)]
		at += uint64(copy(buf[at&uint64(size-1):], from))
	}
	f.buf = buf
}

// get copies what is here, from byte skip on, to b, which it fills, and takes nothing.
func (f *flow) get(b []byte, skip int) {
	at, mask := f.read+uint64(skip), uint64(len(f.buf)-1)
	for len(b) > 0 {
		n := move(b, f.buf[at&mask:])
		b = b[n:]
		at += uint64(n)
	}
}

// deliver has everything that was sent so far arrive, and the end if there is one.
func (f *flow) deliver(m *Machine, d *dice) {
	at := max(m.now()+m.latency(d)+m.late(m.faults.Delay, d), f.last)
	f.last = at
	what := arrive
	if f.ended {
		what = arriveEnd
	}
	m.scheduleAt(event{what: what, flow: f, n: f.sent}, at, d)
}

func (m *Machine) happenToFlow(ev *event) {
	f := ev.flow
	f.came = max(f.came, ev.n)
	f.endCame = f.endCame || ev.what == arriveEnd
	n := f.to
	if n == nil {
		return // nobody has ever taken it
	}
	if n.sock.gone {
		n.sock.strike(m, f, ev.what == arriveEnd)
		return
	}
	m.serveIn(n)
}
