// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"iocp"
	"iocp/internal/sys"
	"iocp/iocptest"
)

// world is a program that does everything that package iocp offers on one port, at random, from one
// goroutine, and checks that every operation that was started sends one packet.
type world struct {
	t    testing.TB
	sim  *iocptest.Sim
	rng  *rand.Rand
	port *iocp.Port

	started, ended int
	failed         int
	free           []*deed

	l     *iocp.TCPListener
	at    netip.AddrPort
	conns []*link
	files []*iocp.File
	grams []*iocp.Socket
	homes []netip.AddrPort
}

// link is one end of a connection that the program has, or wants.
type link struct {
	c       *iocp.TCPConn
	pending int
	closed  bool
	ready   bool
}

// deed is an operation.
type deed struct {
	iocp.Overlapped
	what  string
	n     int // bytes asked for, at most
	link  *link
	buf   []byte
	from  netip.AddrPort
	inUse bool
}

const (
	worldLinks = 24
	worldBuf   = 2048
)

func newWorld(t testing.TB, seed uint64, f iocptest.Faults) *world {
	t.Helper()
	w := &world{t: t, sim: iocptest.NewSim(seed, f), rng: rand.New(rand.NewPCG(seed, 99))}
	var err error
	if w.port, err = w.sim.Port(iocp.Config{Concurrency: 1}); err != nil {
		t.Fatal(err)
	}
	w.l = insist(t, func() (*iocp.TCPListener, error) { return w.sim.ListenTCP("tcp", "127.0.0.1:99") })
	w.at = netip.MustParseAddrPort("127.0.0.1:99")
	w.associate(w.l)
	for i := range 3 {
		name := fmt.Sprintf("file %d", i)
		w.sim.WriteFile(name, make([]byte, 10000))
		flag := os.O_RDWR
		if i == 2 {
			flag |= os.O_APPEND
		}
		w.files = append(w.files, insist(t, func() (*iocp.File, error) { return w.sim.OpenFile(name, flag, 0) }))
		w.associate(w.files[i])
		home := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(1000+i))
		k := insist(t, func() (*iocp.Socket, error) { return w.sim.NewSocket(sys.AFInet, sys.SockDgram, 0) })
		for err := k.Bind(home); err != nil; err = k.Bind(home) {
			t.Fatal(err)
		}
		w.grams, w.homes = append(w.grams, k), append(w.homes, home)
		w.associate(k)
	}
	return w
}

// insist makes something for which there may be no descriptors at the moment.
func insist[T any](t testing.TB, make func() (T, error)) T {
	t.Helper()
	for {
		v, err := make()
		switch {
		case err == nil:
			return v
		case !shortage(err):
			t.Fatal(err)
		}
	}
}

func shortage(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

func (w *world) associate(e iocp.Endpoint) {
	if err := w.port.Associate(e, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) deed(what string, l *link) *deed {
	var d *deed
	if k := len(w.free); k > 0 {
		d = w.free[k-1]
		w.free = w.free[:k-1]
	} else {
		d = &deed{buf: make([]byte, worldBuf)}
	}
	d.what, d.link, d.inUse = what, l, true
	d.n = 1 + w.rng.IntN(worldBuf)
	return d
}

// begun keeps the books of a start.
func (w *world) begun(d *deed, err error) {
	if err == nil {
		w.started++
		if d.link != nil {
			d.link.pending++
		}
		return
	}
	if d.InFlight() {
		w.t.Fatalf("%s fails at its start (%v) and is in flight", d.what, err)
	}
	w.drop(d)
}

func (w *world) drop(d *deed) {
	d.inUse, d.link = false, nil
	w.free = append(w.free, d)
}

// step starts something and takes what there is.
func (w *world) step(buf []iocp.Completion) {
	w.file() // which ends by itself, so that Get does
	for range w.rng.IntN(4) {
		switch k := w.rng.IntN(10); {
		case k < 7:
			w.stream()
		case k < 8:
			w.gram()
		default:
			w.file()
		}
	}
	w.get(buf)
	if w.started-w.ended > 4*worldLinks {
		w.relieve(buf)
	}
}

// relieve ends what waits, since all of it may wait for things that never come.
func (w *world) relieve(buf []iocp.Completion) {
	for _, l := range w.conns {
		l.c.CancelAll()
	}
	for _, k := range w.grams {
		k.CancelAll()
	}
	w.l.CancelAll()
	for w.started-w.ended > worldLinks {
		w.get(buf)
	}
}

// get takes what there is. The caller has started something that ends by itself.
func (w *world) get(buf []iocp.Completion) {
	n, err := w.port.GetBatch(buf, iocp.Infinite)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range buf[:n] {
		w.take(c)
	}
}

func (w *world) file() {
	f := w.files[w.rng.IntN(len(w.files))]
	off := int64(w.rng.IntN(20000))
	switch d := w.deed("file", nil); w.rng.IntN(8) {
	case 0, 1, 2:
		w.begun(d, f.Read(d, d.buf[:d.n], off))
	case 3, 4:
		w.begun(d, f.Write(d, d.buf[:d.n], off))
	case 5:
		w.begun(d, f.Readv(d, [][]byte{d.buf[:d.n/2], d.buf[d.n/2 : d.n]}, off))
	case 6:
		w.begun(d, f.Writev(d, [][]byte{d.buf[:d.n/2], d.buf[d.n/2 : d.n]}, off))
	default:
		w.begun(d, f.Sync(d))
	}
}

func (w *world) gram() {
	i := w.rng.IntN(len(w.grams))
	k := w.grams[i]
	switch d := w.deed("datagram", nil); w.rng.IntN(4) {
	case 0:
		w.begun(d, k.RecvFrom(d, [][]byte{d.buf[:d.n]}, 0, &d.from))
	case 1, 2:
		w.begun(d, k.SendTo(d, [][]byte{d.buf[:d.n]}, w.homes[w.rng.IntN(len(w.homes))]))
	default:
		w.drop(d)
		k.CancelAll()
	}
}

// stream does something to a connection.
func (w *world) stream() {
	if len(w.conns) < worldLinks {
		w.connect()
		return
	}
	l := w.conns[w.rng.IntN(len(w.conns))]
	if !l.ready || l.closed {
		if w.rng.IntN(20) == 0 {
			w.close(l)
		}
		return
	}
	if l.pending > 8 {
		l.c.CancelAll()
		return
	}
	c, d := l.c, w.deed("stream", l)
	b := d.buf[:d.n]
	switch w.rng.IntN(16) {
	case 0, 1, 2, 3:
		w.begun(d, c.Send(d, b))
	case 4, 5, 6, 7:
		w.begun(d, c.Recv(d, b))
	case 8:
		w.begun(d, c.Sendv(d, [][]byte{b[:d.n/3], b[d.n/3:]}))
	case 9:
		w.begun(d, c.Recvv(d, [][]byte{b[:d.n/3], b[d.n/3:]}))
	case 10:
		w.begun(d, c.Readable(d))
	case 11:
		d.n += worldBuf
		w.begun(d, c.SendFile(d, w.files[0], int64(w.rng.IntN(5000)), int64(w.rng.IntN(worldBuf)), b, nil))
	case 12:
		w.drop(d)
		c.CancelAll()
	case 13:
		d.SetTimeout(0)
		w.begun(d, c.Recv(d, b))
		d.Cancel()
	case 14:
		if w.rng.IntN(10) == 0 {
			w.begun(d, c.Disconnect(d))
		} else {
			w.drop(d)
		}
	default:
		w.drop(d)
		if w.rng.IntN(8) == 0 {
			w.close(l)
		}
	}
}

func (w *world) close(l *link) {
	if !l.closed {
		l.closed = true
		if err := l.c.Close(); err != nil {
			w.t.Errorf("Close: %v", err)
		}
	}
	w.bury(l)
}

// bury forgets a connection when its last operation is over.
func (w *world) bury(l *link) {
	if !l.closed || l.pending > 0 {
		return
	}
	for i := range w.conns {
		if w.conns[i] == l {
			w.conns = append(w.conns[:i], w.conns[i+1:]...)
			return
		}
	}
}

// connect makes both ends of a connection.
func (w *world) connect() {
	in, out := &link{c: w.sim.NewTCPConn()}, &link{c: w.sim.NewTCPConn()}
	w.associate(in.c)
	w.associate(out.c)
	w.conns = append(w.conns, in, out)
	d := w.deed("accept", in)
	if w.rng.IntN(2) == 0 {
		w.begun(d, w.l.Accept(d, in.c))
	} else {
		w.begun(d, w.l.AcceptData(d, in.c, d.buf[:d.n]))
	}
	d = w.deed("connect", out)
	d.n = w.rng.IntN(100)
	w.begun(d, out.c.Connect(d, w.at, d.buf[:d.n]))
}

// take checks a packet, and that it is the only one.
func (w *world) take(c iocp.Completion) {
	d := c.Op.(*deed)
	if !d.inUse || d.InFlight() {
		w.t.Fatalf("%s: a packet for an operation that is over: %+v", d.what, c)
	}
	w.ended++
	if c.Err != nil && c.Err != io.EOF {
		w.failed++
	}
	if c.Bytes < 0 || c.Bytes > int64(d.n) {
		w.t.Fatalf("%s of at most %d bytes ends with %d, %v", d.what, d.n, c.Bytes, c.Err)
	}
	l := d.link
	what := d.what
	w.drop(d)
	if l == nil {
		return
	}
	l.pending--
	if what == "accept" || what == "connect" {
		l.ready = c.Err == nil
	}
	if c.Err != nil && !errors.Is(c.Err, iocp.ErrCanceled) && !l.closed {
		w.close(l)
	}
	w.bury(l)
}

// finish closes everything, takes the last packets, and looks for what is left.
func (w *world) finish(buf []iocp.Completion) {
	for len(w.conns) > 0 {
		k := len(w.conns)
		if w.close(w.conns[k-1]); len(w.conns) == k {
			break // it has operations
		}
	}
	for _, l := range append([]*link(nil), w.conns...) {
		w.close(l)
	}
	w.l.Close()
	for _, f := range w.files {
		f.Close()
	}
	for _, k := range w.grams {
		k.Close()
	}
	for w.ended < w.started {
		w.get(buf)
	}
	if err := w.port.Close(); err != nil {
		w.t.Error(err)
	}
	w.sim.Finish(w.t)
}

// worldHistory runs a world until so many operations are over, and returns its hash before the end.
func worldHistory(t testing.TB, seed uint64, f iocptest.Faults, operations int) (hash uint64, w *world) {
	t.Helper()
	w = newWorld(t, seed, f)
	buf := make([]iocp.Completion, 16)
	for w.ended < operations {
		w.step(buf)
	}
	hash = w.sim.Hash()
	w.finish(buf)
	return hash, w
}
