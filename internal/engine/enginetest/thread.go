// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"runtime"
	"syscall"

	"iocp/internal/engine"
)

var threadTests = []test{
	{"DataAfterTheThreadOfAReceiveHasEnded", dataAfterThread},
	{"CancelAfterTheThreadOfAReceiveHasEnded", cancelAfterThread},
	{"DataOrCancelWhileTheThreadOfAReceiveEnds", whileThreadEnds},
}

// dataAfterThread: the thread that submitted ends while the operation waits. That stays, and ends when
// data comes, or with ECANCELED and the data still there.
func dataAfterThread(p *Port) {
	a, b := p.Pair()
	for range 5 {
		buf := make([]byte, 8)
		o := Op(engine.Recv, a, buf)
		gone := p.takeAlong(func() { p.Start(o) })
		p.Eventually("the thread has ended", gone)
		p.Send(b, "data")
		p.arrivesFor(o, buf)
	}
}

// cancelAfterThread: the operation can be cancelled still.
func cancelAfterThread(p *Port) {
	a, _ := p.Pair()
	for range 5 {
		o := Op(engine.Recv, a, make([]byte, 8))
		gone := p.takeAlong(func() { p.Start(o) })
		p.Eventually("the thread has ended", gone)
		p.CancelAll(o)
		p.Is("recv", p.WaitFor(o), p.errno(syscall.ECANCELED))
	}
}

// whileThreadEnds: nobody waits for the end of the thread, so that data and cancel may meet it.
func whileThreadEnds(p *Port) {
	a, b := p.Pair()
	for range 30 {
		buf := make([]byte, 8)
		o := Op(engine.Recv, a, buf)
		p.takeAlong(func() { p.Start(o) })
		p.Send(b, "data")
		p.arrivesFor(o, buf)
		p.takeAlong(func() { p.Start(o) })
		p.CancelAll(o)
		p.Is("recv", p.WaitFor(o), p.errno(syscall.ECANCELED))
	}
}

// arrivesFor waits for the end of the receive o into buf, which gets "data", or ends with ECANCELED and
// does the next time.
func (p *Port) arrivesFor(o *engine.Op, buf []byte) {
	p.Helper()
	res := p.WaitFor(o)
	if res == p.errno(syscall.ECANCELED) {
		res = p.Do(o)
	}
	if res != 4 || string(buf[:4]) != "data" {
		p.Errorf("received %d %q, want 4 \"data\"", res, buf)
	}
}

// takeAlong runs f on a goroutine that then ends and takes its thread along. gone reports whether that
// has ended. The first thread of a process never does: it is held while another is taken.
func (p *Port) takeAlong(f func()) (gone func() bool) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if gone = p.watchThread(); gone != nil {
			f()
			return // not unlocked
		}
		gone = p.takeAlong(f)
		runtime.UnlockOSThread()
	}()
	<-done
	return gone
}
