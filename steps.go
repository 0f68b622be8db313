// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"math"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// opKind says how an operation goes on when one of its requests is over.
type opKind uint8

const (
	opNop opKind = iota
	opRead
	opWrite
	opReadv
	opWritev
	opSync
	opRecv
	opRecvv
	opReadable
	opSend
	opSendv
	opSendFile
	opAccept
	opAcceptData
	opConnect
	opDisconnect
	opRecvFrom
	opSendTo
	opDo

	lastPlain = opSendv // those up to here change nothing but buffers and files
)

// maxChunk is what one read or write moves at most: on Linux "0x7ffff000 bytes", read(2) (M05). Other
// systems move no less.
const maxChunk = 0x7ffff000

// interrupted requests never ran or had no effect and are made again.
func gaveUp(res int32) bool {
	return res == -int32(sys.ECANCELED) || res == -int32(sys.EINTR)
}

// advance takes the result of the operation's request. It returns true when the operation
// is over, with n and err set, and false after it has queued the next request. Locked.
func (ov *Overlapped) advance(c *core, res int32) bool {
	switch {
	case res < 0:
		return ov.failed(c, res)
	case ov.polls:
		return ov.polled(c)
	}
	return ov.step(c, res)
}

// polled makes the request whose descriptor has become ready.
func (ov *Overlapped) polled(c *core) bool {
	ov.polls = false
	ov.req = ov.x.saved
	return ov.again(c)
}

// failed goes on after a request that did not succeed.
func (ov *Overlapped) failed(c *core, res int32) bool {
	if ov.canceled != nil {
		return ov.end(ov.canceled)
	}
	if ov.what == opDo { // of the program's own making, and cannot be made again
		return ov.end(ov.failure(sys.Errno(-res)))
	}
	if gaveUp(res) {
		// Nobody asked: the thread that submitted it has ended (F20).
		return ov.again(c)
	}
	if ov.polls {
		return ov.polled(c)
	}
	switch {
	case res == -int32(sys.EAGAIN):
		return ov.poll(c)
	case res == -int32(sys.EOPNOTSUPP) && ov.readsInstead():
		return ov.again(c)
	case ov.passesOver(sys.Errno(-res)):
		return ov.again(c)
	case res == -int32(sys.ECONNREFUSED) && ov.passesOn():
		return ov.again(c)
	case res == -int32(sys.ENOTCONN) && ov.what == opDisconnect && ov.obj.Load().sock != nil:
		return ov.step(c, 0) // both sides have ended it already
	case ov.what == opConnect && ov.x.dissolves && res != -int32(sys.EBADF):
		return ov.step(c, 0) // systems that know no AF_UNSPEC do it, and then refuse the address
	}
	return ov.end(ov.failure(sys.Errno(-res)))
}

// whole takes the result of what most requests are: a send that has sent everything at once, or a receive
// of a TCP connection that has got something. It reports whether it was one. Locked.
func (ov *Overlapped) whole(res int32) bool {
	switch {
	case ov.polls:
		return false
	case ov.what == opSend && int64(res) == ov.total, ov.what == opRecv && res > 0 && ov.obj.Load().sock == nil:
		ov.n = int64(res)
		return true
	}
	return false
}

// step goes on after a request that succeeded with res.
func (ov *Overlapped) step(c *core, res int32) bool {
	switch ov.what {
	case opRead:
		return ov.readStep(c, res)
	case opWrite, opSend:
		return ov.writeStep(c, res)
	case opReadv:
		return ov.readvStep(c, res)
	case opWritev, opSendv, opSendTo:
		return ov.writevStep(c, res)
	case opRecv, opRecvv, opRecvFrom:
		if ov.obj.Load().sock != nil {
			return ov.receiveStep(c, res)
		}
		ov.n = int64(res)
		if res > 0 {
			return true
		}
		if sticky := ov.obj.Load().sticky; sticky != 0 {
			return ov.end(netError(ov.what, sticky)) // the kernel told the receive before this one, and tells once
		}
		return ov.end(io.EOF) // I04
	case opSendFile:
		return ov.sendFileStep(c, res)
	case opAccept:
		ov.x.connFD = res
		ov.arrived()
		return true
	case opAcceptData:
		return ov.acceptDataStep(c, res)
	case opConnect:
		return ov.connectStep(c, res)
	case opReadable:
		return ov.obj.Load().sock == nil || ov.probeStep(c, res)
	case opDisconnect:
		return ov.obj.Load().sock == nil || ov.disconnectStep(c)
	case opDo:
		ov.n = int64(res)
	}
	return true // nop, sync: nothing is transferred
}

// offers reports whether the port's engine has a kind of operation that not every engine has.
func (c *core) offers(k engine.Kind) bool {
	e, ok := c.eng.(engine.Optional)
	return ok && e.Offers(k)
}

// endOfSending is the request to end sending, as an operation that has a packet.
func (c *core) endOfSending() engine.Op {
	if c.offers(engine.Disconnect) {
		return engine.Op{Kind: engine.Disconnect}
	}
	return engine.Op{Kind: engine.Shutdown, Len: sys.ShutWrite}
}

// again queues the current request once more, or ends the operation if it was asked to.
func (ov *Overlapped) again(c *core) bool {
	if ov.canceled != nil {
		return ov.end(ov.canceled)
	}
	c.eng.Queue(&ov.req)
	return false
}

// poll waits for readiness before the request is made again. The engine answers EAGAIN only
// for a descriptor that somebody has made non-blocking, which must not matter (I22).
func (ov *Overlapped) poll(c *core) bool {
	x := ov.extra()
	x.saved = ov.req
	ov.stepwise(c)
	events := uint32(sys.PollIn)
	switch ov.what {
	case opSend, opSendv, opSendTo, opSendFile, opConnect, opWrite, opWritev:
		events = sys.PollOut
	}
	ov.polls = true
	ov.req = engine.Op{Kind: engine.Poll, FD: ov.req.FD, Flags: events}
	return ov.again(c)
}

// stepwise says that the operation takes more than one request after all.
func (ov *Overlapped) stepwise(c *core) {
	if !ov.steps {
		ov.steps = true
		c.held++
	}
}

// setBuffer makes buf, or as much of it as one request takes, the request's memory.
func (ov *Overlapped) setBuffer(kind engine.Kind, buf []byte) {
	ov.req.Kind = kind
	ov.total = int64(len(buf))
	ov.steps = ov.steps || len(buf) > maxChunk
	ov.req.Addr = pointer(buf)
	ov.req.Len = uint32(min(len(buf), maxChunk))
}

// forward moves the request on behind the n bytes it has done.
func (ov *Overlapped) forward(n int32) {
	ov.n += int64(n)
	if ov.n == ov.total {
		return // the address behind the last byte may belong to another object
	}
	ov.req.Addr = add(ov.req.Addr, int(n))
	ov.req.Len = uint32(min(ov.total-ov.n, maxChunk))
	if ov.req.Off >= 0 && !ov.obj.Load().stream {
		ov.req.Off += int64(n)
	}
}

func (ov *Overlapped) readStep(c *core, res int32) bool {
	asked := ov.req.Len
	ov.forward(res)
	switch {
	case ov.n == ov.total:
		return true
	case ov.n == 0:
		return ov.end(io.EOF) // G04
	case uint32(res) == asked && asked == maxChunk:
		return ov.again(c)
	}
	return ov.short(c, res)
}

// short ends a read that got less than it asked for: because the file ends there (G05), or because
// a cancel has stopped the engine in the middle. The latter must not be taken for the former. A file
// that does not say how long it is gives a page at a time (proc(5)), and its end is where nothing comes.
func (ov *Overlapped) short(c *core, res int32) bool {
	o := ov.obj.Load()
	switch {
	case res > 0 && o.unsized:
		ov.stepwise(c)
		return ov.again(c)
	case ov.canceled == nil || o.stream:
		return true
	}
	if size, errno := o.sys.Size(o.fd); errno == 0 && ov.req.Off >= size {
		return true
	}
	return ov.end(ov.canceled)
}

func (ov *Overlapped) writeStep(c *core, res int32) bool {
	if res == 0 && ov.total > 0 {
		return ov.end(io.ErrShortWrite)
	}
	ov.forward(res)
	if ov.n == ov.total {
		return true
	}
	return ov.again(c)
}

func (ov *Overlapped) readvStep(c *core, res int32) bool {
	asked := ov.asked()
	ov.forwardv(res)
	switch {
	case ov.n == ov.total:
		return true
	case ov.n == 0:
		return ov.end(io.EOF)
	case int64(res) == asked:
		return ov.again(c)
	}
	return ov.short(c, res)
}

func (ov *Overlapped) writevStep(c *core, res int32) bool {
	if res == 0 && ov.total > 0 {
		return ov.end(io.ErrShortWrite)
	}
	ov.forwardv(res)
	if ov.n == ov.total {
		return true
	}
	return ov.again(c)
}

// maxVectors is how many buffers one request takes: writev(2), IOV_MAX, which is this on every system.
const maxVectors = 1024

// setVectors makes bufs the request's memory. The kernel reads the array until the request is
// over, so it lives in the Overlapped and is reused.
func (ov *Overlapped) setVectors(kind engine.Kind, bufs [][]byte) error {
	x := ov.extra()
	x.iov, x.iovFirst, x.nameLen = x.iov[:0], 0, 0
	for _, b := range bufs {
		for len(b) > 0 { // empty ones transfer nothing
			n := min(len(b), maxChunk)
			x.iov = append(x.iov, sys.VectorOf(b[:n]))
			ov.total += int64(n)
			b = b[n:]
		}
		if ov.total > math.MaxInt64/2 {
			return parameterError("the buffers are longer than any file")
		}
	}
	ov.steps = ov.steps || len(x.iov) > maxVectors || ov.total > maxChunk
	ov.req.Kind = kind
	ov.aim()
	return nil
}

// aim points the request at the vectors that are left.
func (ov *Overlapped) aim() {
	x := ov.x
	rest := x.next()
	switch ov.req.Kind {
	case engine.RecvMsg, engine.SendMsg:
		x.msg.Set(rest)
		if x.nameLen > 0 {
			x.msg.SetName(&x.addr, x.nameLen)
		}
		ov.req.Addr = pointerTo(&x.msg)
	default:
		ov.req.Len = uint32(len(rest))
		ov.req.Addr = nil
		if len(rest) > 0 {
			ov.req.Addr = pointerTo(&rest[0])
		}
	}
}

// asked is the length of the current request's vectors.
func (ov *Overlapped) asked() (n int64) {
	rest := ov.x.next()
	for i := range rest {
		n += int64(rest[i].Len())
	}
	return n
}

// next is as many of the vectors that are left as one request takes: some kernels refuse more bytes
// than they would move, where Linux moves less.
func (x *extra) next() []sys.Vector {
	rest := x.iov[x.iovFirst:]
	rest = rest[:min(len(rest), maxVectors)]
	room := maxChunk
	for i := range rest {
		if room -= rest[i].Len(); room < 0 {
			return rest[:i]
		}
	}
	return rest
}

// forwardv moves the request on behind the n bytes it has done.
func (ov *Overlapped) forwardv(n int32) {
	x := ov.x
	ov.n += int64(n)
	if ov.req.Off >= 0 && !ov.obj.Load().stream {
		ov.req.Off += int64(n)
	}
	for left := int(n); left > 0; {
		v := &x.iov[x.iovFirst]
		if left < v.Len() {
			v.Advance(left)
			break
		}
		left -= v.Len()
		*v = sys.Vector{}
		x.iovFirst++
	}
	ov.aim()
}
