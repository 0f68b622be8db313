// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/sys"
)

// socketStress calls everything on a few sockets, in any order and from several goroutines, on two
// ports. Most calls are refused. Those that start an operation get exactly one packet; nothing hangs,
// and nothing is left at the end.
type socketStress struct {
	ports   [2]*Port
	sockets [8]atomic.Pointer[Socket]
	file    *File
	started atomic.Int64
	packets atomic.Int64
}

func TestSocketStress(t *testing.T) {
	x := &socketStress{ports: [2]*Port{newPort(t), newPort(t)}}
	x.file = tempFile(t, x.ports[0], pattern(10_000))
	seed := *stressSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	for i := range x.sockets {
		x.replace(i)
	}
	over := make(chan struct{})
	var served, callers sync.WaitGroup
	for _, p := range x.ports {
		for range 2 {
			served.Go(func() { x.serve(p, over) })
		}
	}
	until := time.Now().Add(*stressFor / 3)
	for i := range 4 {
		callers.Go(func() { x.call(rand.New(rand.NewPCG(seed, uint64(i))), until) })
	}
	callers.Wait()
	for i := range x.sockets {
		x.sockets[i].Load().Close()
	}
	eventually(t, "all packets", func() bool { return x.packets.Load() == x.started.Load() })
	close(over)
	served.Wait()
	if t.Failed() || x.packets.Load() != x.started.Load() {
		t.Errorf("%d operations sent %d packets; seed %d", x.started.Load(), x.packets.Load(), seed)
	}
}

func (x *socketStress) serve(p *Port, over chan struct{}) {
	defer p.Leave()
	for {
		if _, err := p.Get(5 * time.Millisecond); err == nil {
			x.packets.Add(1)
			continue
		}
		select {
		case <-over:
			return
		default:
		}
	}
}

// replace closes a socket and puts a new one in its place.
func (x *socketStress) replace(i int) {
	typ := sys.SockStream
	if i == 0 {
		typ = sys.SockDgram
	}
	s, err := NewSocket(sys.AFInet, typ, 0)
	if err != nil {
		panic(err)
	}
	if err := x.ports[i%2].Associate(s, i); err != nil {
		panic(err)
	}
	if old := x.sockets[i].Swap(s); old != nil {
		old.Close()
	}
}

// call makes random calls with operations of its own.
func (x *socketStress) call(r *rand.Rand, until time.Time) {
	ops, bufs := make([]op, 20), make([][]byte, 20)
	for i := range bufs {
		bufs[i] = make([]byte, 64)
	}
	for time.Now().Before(until) {
		i := r.IntN(len(ops))
		s, other := x.any(r), x.any(r)
		if o := &ops[i]; !o.InFlight() {
			if x.start(r.IntN(13), s, other, o, bufs[i]) == nil {
				x.started.Add(1)
			}
		} else if r.IntN(2) == 0 {
			o.Cancel()
		}
		if r.IntN(3) == 0 {
			x.manage(r, s)
		}
	}
}

func (x *socketStress) any(r *rand.Rand) *Socket { return x.sockets[r.IntN(len(x.sockets))].Load() }

func (x *socketStress) start(what int, s, other *Socket, o *op, buf []byte) error {
	switch what {
	case 0:
		return s.Recv(o, buf, 0)
	case 1:
		return s.Recvv(o, [][]byte{buf[:10], buf[10:]}, sys.MsgWaitAll)
	case 2:
		return s.RecvFrom(o, [][]byte{buf}, sys.MsgPeek, nil)
	case 3:
		return s.Readable(o)
	case 4:
		return s.Send(o, stressBytes[:len(buf)])
	case 5:
		return s.SendTo(o, [][]byte{stressBytes[:10], stressBytes[:20]}, other.LocalAddr())
	case 6:
		return s.SendFile(o, x.file, 0, -1, nil, nil)
	case 7, 8:
		return s.Accept(o, other, nil)
	case 9:
		return s.Accept(o, other, buf)
	case 10:
		return s.Connect(o, other.LocalAddr(), nil)
	case 11:
		return s.Connect(o, other.LocalAddr(), stressBytes[:len(buf)])
	}
	return s.Disconnect(o, true)
}

func (x *socketStress) manage(r *rand.Rand, s *Socket) {
	switch r.IntN(10) {
	case 0, 1, 2:
		if s.Bind(loopback) == nil {
			s.Listen(5)
		}
	case 3:
		s.Shutdown(ShutdownMode(r.IntN(3)))
	case 4:
		s.CancelAll()
	case 5:
		x.replace(r.IntN(len(x.sockets)))
	case 6:
		s.RecvNow([][]byte{make([]byte, 10)}, 0, nil)
	case 7:
		s.SendNow([][]byte{stressBytes[:10]}, netip.AddrPort{})
	case 8:
		s.RemoteAddr()
		s.ConnectedFor()
	case 9:
		if d, err := s.Duplicate(); err == nil {
			d.Close()
		}
	}
}
