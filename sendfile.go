// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"math"
	"sync"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// fileSend is how far a SendFile is. An engine that can sends the file with its head by itself. For the
// others the file is read into a buffer of the port's and sent from there, one after the other: io_uring
// has no sendfile, and its splice would keep a kernel thread for every slow peer.
type fileSend struct {
	file *object // kept open until the packet is taken
	port *core   // of the connection
	fd   int32
	sock int32
	off  int64
	left int64 // bytes of the file to send; -1: to its end
	head []byte
	tail []byte
	buf  *[]byte
	cur  []byte // what is being sent
	from sendPhase

	whole bool            // the engine sends the file
	part  engine.FilePart // what it is asked for
}

type sendPhase uint8

const (
	sendingHead sendPhase = iota
	readingFile
	sendingFile
	transmitting // what the engine sends by itself: the head, too
	sendingTail
)

// The buffers of files under way: small ones for small files, so that many can be.
var sendBuffers = [...]struct {
	size int
	pool sync.Pool
}{{size: 4 << 10}, {size: 16 << 10}, {size: 128 << 10}}

func sendBuffer(n int64) *[]byte {
	i := 0
	for i < len(sendBuffers)-1 && (n < 0 || n > int64(sendBuffers[i].size)) {
		i++
	}
	if b, ok := sendBuffers[i].pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, sendBuffers[i].size)
	return &b
}

func freeSendBuffer(b *[]byte) {
	if b == nil {
		return
	}
	for i := range sendBuffers {
		if sendBuffers[i].size == len(*b) {
			sendBuffers[i].pool.Put(b)
		}
	}
}

// SendFile starts to send head, then n bytes of f from offset off, then tail, as one operation
// with one packet (I43). With n < 0 the file is sent to its end. The offset is the
// operation's own: no file pointer is used or moved. f need not be associated with a port and
// may be closed once SendFile has returned; head and tail, which may be nil, must not be
// changed until the packet is taken. Server editions of Windows do it by themselves (TransmitFile); there,
// what the packet of a send that has failed or was cancelled counts is what the system says.
//
// Errors at the start: those of [TCPConn.Send] and, for the file's part, of [File.Read]. Errors
// in the packet, with what was sent before: those of Send and Read; [io.ErrUnexpectedEOF] if
// the file ends before n bytes.
func (c *TCPConn) SendFile(op Op, f *File, off, n int64, head, tail []byte) error {
	o, err := c.endpoint().object()
	if err != nil {
		return err
	}
	return c.Handle.sendFile(o, op, f, off, n, head, tail)
}

func (h *Handle) sendFile(o *object, op Op, f *File, off, n int64, head, tail []byte) error {
	file, err := f.endpoint().object()
	if err != nil {
		return err
	}
	if file.access&accessRead == 0 {
		return file.failing(opSendFile, sys.EACCES)
	}
	if off < 0 || n > 0 && off > math.MaxInt64-n {
		return file.failing(opSendFile, sys.EINVAL)
	}
	if file.sys != o.sys {
		return errOtherMachine
	}
	_, p, ov, err := h.start(op, opSendFile, sendLine)
	if err != nil {
		return err
	}
	fd, err := file.borrow()
	if err != nil {
		ov.abandon()
		return err
	}
	s := &ov.extra().file
	*s = fileSend{file: file, port: p, fd: fd, off: off, left: max(n, -1), head: head, tail: tail}
	if file.stream {
		s.off = -1
	}
	s.whole = !file.special && !file.stream && p.offers(engine.SendFile)
	if !s.whole {
		s.buf = sendBuffer(n)
	}
	ov.steps = true
	ov.race.kernelReads(head)
	ov.race.kernelReads(tail)
	s.sock = -1
	s.first(ov)
	if err := o.begin(p, ov); err != nil {
		s.done()
		return err
	}
	return nil
}

// done gives back what the operation held. Not locked.
func (s *fileSend) done() {
	if s.file != nil {
		s.forgotten()
		s.file.close()
		freeSendBuffer(s.buf)
		*s = fileSend{}
	}
}

// forgotten tells the engine about a file that is closed without its knowing, since the file belongs to
// another port or to none.
func (s *fileSend) forgotten() {
	if c := s.port; c != nil && s.file.port.Load() != c && !s.file.special {
		c.eng.Forget(s.fd)
	}
}

// bind tells an operation the descriptor of its object when its turn has come.
func (ov *Overlapped) bind(fd int32) {
	if ov.what != opSendFile {
		ov.req.FD = fd
		return
	}
	s := &ov.x.file
	s.sock = fd
	ov.req.FD = fd
	if s.from == readingFile {
		ov.req.FD = s.fd
	}
}

// first makes the first request.
func (s *fileSend) first(ov *Overlapped) {
	s.from = sendingHead
	if s.whole && s.left != 0 && len(s.head) <= maxHead {
		s.part.Head = s.head
		s.transmit(ov)
	} else {
		s.start(ov)
	}
}

// start makes the first request of those that send the head, if there is one, by themselves.
func (s *fileSend) start(ov *Overlapped) {
	if len(s.head) > 0 {
		s.from = sendingHead
		s.send(ov, s.head)
	} else if !s.next(ov) {
		ov.req = engine.Op{Kind: engine.Nop}
	}
}

// maxHead is how much of a head goes with the file: there is to be room for some of that.
const maxHead = maxChunk / 2

// maxTransmit is what an engine is asked to send at most, head and all; tests choose less.
var maxTransmit = engine.MaxSendFile

// next makes the request that follows the part that is over; false: there is none.
func (s *fileSend) next(ov *Overlapped) bool {
	if s.from < sendingTail && s.left != 0 && s.whole {
		s.transmit(ov)
		return true
	}
	if s.from < sendingTail && s.left != 0 {
		s.from = readingFile
		b := *s.buf
		if s.left > 0 {
			b = b[:min(int64(len(b)), s.left)]
		}
		ov.req = engine.Op{Kind: engine.Read, FD: s.fd, Addr: pointer(b), Len: uint32(len(b)), Off: s.off}
		return true
	}
	if s.from < sendingTail && len(s.tail) > 0 {
		s.from = sendingTail
		s.send(ov, s.tail)
		return true
	}
	return false
}

// transmit makes the request to send what is left of the file behind what is left of the head.
func (s *fileSend) transmit(ov *Overlapped) {
	s.from = transmitting
	n := int64(maxTransmit - len(s.part.Head))
	if s.left > 0 {
		n = min(n, s.left)
	}
	s.part.File = s.fd
	ov.req = engine.Op{Kind: engine.SendFile, FD: s.sock, Addr: pointerTo(&s.part), Len: uint32(n), Off: s.off}
}

// transmitStep goes on after the engine has sent something, which may be less than it was asked for. Only
// nothing at all says that the file has ended.
func (ov *Overlapped) transmitStep(c *core, res int32) bool {
	s := &ov.x.file
	if res == 0 && s.left > 0 {
		return ov.end(io.ErrUnexpectedEOF)
	}
	if res == 0 {
		s.left = 0
	}
	head := min(int(res), len(s.part.Head))
	s.part.Head = s.part.Head[head:]
	ov.n += int64(res)
	s.advance(int64(res) - int64(head))
	if s.next(ov) {
		return ov.again(c)
	}
	return true
}

// readsInstead goes over to reading the file: the engine has refused it, and nothing has been sent of what it
// was asked for.
func (ov *Overlapped) readsInstead() bool {
	if ov.what != opSendFile || ov.x.file.from != transmitting {
		return false
	}
	s := &ov.x.file
	s.head, s.part = s.part.Head, engine.FilePart{}
	s.whole, s.buf, s.from = false, sendBuffer(s.left), sendingHead
	s.start(ov)
	return true
}

// send makes the request to send b. MSG_MORE lets the parts share packets: send(2).
func (s *fileSend) send(ov *Overlapped, b []byte) {
	s.cur = b
	flags := uint32(sendFlags)
	last := s.from == sendingTail || len(s.tail) == 0 && (s.left == 0 || s.from == sendingFile && s.left == int64(len(b)))
	if !last && s.left >= 0 {
		flags |= sys.MsgMore
	}
	b = b[:min(len(b), maxChunk)]
	ov.req = engine.Op{Kind: engine.Send, FD: s.sock, Addr: pointer(b), Len: uint32(len(b)), Flags: flags}
}

// sendFileStep goes on after a request of a SendFile.
func (ov *Overlapped) sendFileStep(c *core, res int32) bool {
	s := &ov.x.file
	switch {
	case ov.req.Kind == engine.Nop:
		return true
	case s.from == transmitting:
		return ov.transmitStep(c, res)
	case s.from == readingFile && res > 0:
		s.from = sendingFile
		s.send(ov, (*s.buf)[:res])
		return ov.again(c)
	case s.from == readingFile:
		if s.left > 0 {
			return ov.end(io.ErrUnexpectedEOF)
		}
		s.left = 0
	case res == 0:
		return ov.end(io.ErrShortWrite)
	default:
		ov.n += int64(res)
		if rest := s.cur[res:]; len(rest) > 0 {
			s.advance(int64(res))
			s.send(ov, rest)
			return ov.again(c)
		}
		s.advance(int64(res))
	}
	if s.next(ov) {
		return ov.again(c)
	}
	return true
}

// advance counts n bytes of the file as sent.
func (s *fileSend) advance(n int64) {
	if s.from != sendingFile && s.from != transmitting {
		return
	}
	if s.off >= 0 {
		s.off += n
	}
	if s.left > 0 {
		s.left -= n
	}
}
