// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"net"
	"sync"
	"testing"

	"iocp/internal/engine"
)

// startNop starts an operation that does nothing, through the engine.
func startNop(h *Handle, op Op) error {
	o, c, ov, err := h.start(op, opNop, noLine)
	if err != nil {
		return err
	}
	ov.req.Kind = engine.Nop
	return o.begin(c, ov)
}

func TestNopGoesThroughTheEngine(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, nil)
	o := &op{}
	before := p.Stats().Submitted
	ok(t, startNop(&f.Handle, o))
	expect(t, p, o, 0, nil)
	if n := p.Stats().Submitted - before; n != 1 {
		t.Errorf("%d requests were submitted; want 1", n)
	}
}

func BenchmarkPostGet(b *testing.B) {
	p := newPort(b)
	o := &op{}
	b.ReportAllocs()
	for b.Loop() {
		p.Post(Completion{Op: o, Bytes: 1})
		p.Get(Infinite)
	}
}

func BenchmarkPostGetWithEngine(b *testing.B) {
	p := newPort(b)
	c, _ := tcpPair(b, p)
	o := &op{}
	ok(b, c.Recv(&op{}, make([]byte, 1)))
	b.ReportAllocs()
	for b.Loop() {
		p.Post(Completion{Op: o, Bytes: 1})
		p.Get(Infinite)
	}
}

func BenchmarkChannelSendReceive(b *testing.B) {
	c := make(chan Completion, 64)
	o := &op{}
	b.ReportAllocs()
	for b.Loop() {
		c <- Completion{Op: o, Bytes: 1}
		<-c
	}
}

// BenchmarkEightToTwo: eight goroutines produce, two consume; an operation is one item.
func BenchmarkEightToTwo(b *testing.B) {
	b.Run("Port", func(b *testing.B) {
		p := newPort(b, Config{Concurrency: 2})
		eightToTwo(b, func() { p.Post(Completion{Bytes: 1}) }, func() { p.Get(Infinite) })
	})
	b.Run("Channel", func(b *testing.B) {
		c := make(chan Completion, 4096)
		eightToTwo(b, func() { c <- Completion{Bytes: 1} }, func() { <-c })
	})
}

// eightToTwo has no more than 4096 items on their way: a producer has to get credit for every
// 256. Otherwise the port, which has no bound, would measure the memory.
func eightToTwo(b *testing.B, put, take func()) {
	b.ReportAllocs()
	const lot = 256
	credit := make(chan struct{}, 4096/lot)
	var producers, consumers sync.WaitGroup
	for i := range 8 {
		producers.Go(func() {
			for k := range (b.N + i) / 8 {
				if k%lot == 0 {
					credit <- struct{}{}
				}
				put()
			}
		})
	}
	for i := range 2 {
		consumers.Go(func() {
			for k := range (b.N + i) / 2 {
				if take(); k%lot == lot-1 {
					<-credit
				}
			}
		})
	}
	producers.Wait()
	consumers.Wait()
}

// BenchmarkGetBatch: an operation is one packet of 64.
func BenchmarkGetBatch(b *testing.B) {
	p := newPort(b)
	var buf [64]Completion
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(buf) {
		for range buf {
			p.Post(Completion{Bytes: 1})
		}
		p.GetBatch(buf[:], Infinite)
	}
}

func BenchmarkNop(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(map[int]string{1: "1", 32: "32"}[n], func(b *testing.B) {
			p := newPort(b)
			f := tempFile(b, p, nil)
			ops, buf := make([]op, n), make([]Completion, n)
			for i := range ops {
				ok(b, startNop(&f.Handle, &ops[i]))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; {
				m, err := p.GetBatch(buf, Infinite)
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range buf[:m] {
					startNop(&f.Handle, c.Op)
				}
				done += m
			}
		})
	}
}

// BenchmarkEcho: an operation is one round of 64 bytes between a connection of the port and one
// of package net.
func BenchmarkEcho(b *testing.B) {
	p := newPort(b)
	c, far := tcpPair(b, p)
	done := make(chan struct{})
	go func() {
		defer close(done)
		serveEcho(p, c)
	}()
	buf := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		far.Write(buf)
		far.Read(buf)
	}
	far.CloseWrite()
	<-done
}

func BenchmarkEchoOfPackageNet(b *testing.B) {
	near, far := netPair(b)
	done := make(chan struct{})
	go func() {
		defer close(done)
		echoNet(near)
	}()
	buf := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		far.Write(buf)
		far.Read(buf)
	}
	far.CloseWrite()
	<-done
}

func echoNet(c net.Conn) {
	buf := make([]byte, 64)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		c.Write(buf[:n])
	}
}

func serveEcho(p *Port, c *TCPConn) {
	recv, send, buf := &op{}, &op{}, make([]byte, 64)
	c.Recv(recv, buf)
	for {
		k, err := p.Get(Infinite)
		switch {
		case err != nil || k.Err != nil:
			return
		case k.Op == recv:
			c.Send(send, buf[:k.Bytes])
		default:
			c.Recv(recv, buf)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	p := newPort(b)
	b.ReportAllocs()
	p.Post(Completion{})
	i := 0
	for range p.All() {
		if i++; i >= b.N {
			break
		}
		p.Post(Completion{})
	}
}

func BenchmarkRead4K(b *testing.B) {
	p := newPort(b)
	f := tempFile(b, p, make([]byte, 1<<20))
	o, buf := &op{}, make([]byte, 4096)
	b.ReportAllocs()
	b.SetBytes(4096)
	for b.Loop() {
		f.Read(o, buf, 0)
		p.Get(Infinite)
	}
}
