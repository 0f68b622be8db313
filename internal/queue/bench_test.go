// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync"
	"testing"
)

// packet has the size and the pointers of iocp.Completion.
type packet struct {
	op, key any
	bytes   int64
	err     error
	ov      *int
}

var benchPacket = packet{op: new(int), key: new(int), bytes: 64, err: ErrTimeout, ov: new(int)}

func BenchmarkPostGet(b *testing.B) {
	b.Run("port", func(b *testing.B) {
		b.ReportAllocs()
		p := New(new(Workers[packet]), 1)
		defer p.Close()
		for b.Loop() {
			p.Post(benchPacket)
			if _, err := p.GetOne(NoContext, -1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("chan", func(b *testing.B) {
		b.ReportAllocs()
		c := make(chan packet, 64)
		for b.Loop() {
			c <- benchPacket
			<-c
		}
	})
}

// BenchmarkProducers has eight goroutines that post and two that take.
func BenchmarkProducers(b *testing.B) {
	b.Run("port", func(b *testing.B) { benchProducers(b, 1) })
	b.Run("port-batch64", func(b *testing.B) { benchProducers(b, 64) })
	b.Run("chan", benchChanProducers)
}

const (
	producers = 8
	consumers = 2
	window    = 4096 // packets on their way
	lot       = 256  // packets that a producer gets credit for
)

// share is the i-th of so many parts of n.
func share(n, i, parts int) int { return (n + i) / parts }

func benchProducers(b *testing.B, batch int) {
	p := New(new(Workers[packet]), consumers)
	defer p.Close()
	eightToTwo(b, func() { p.Post(benchPacket) }, func(buf []packet) int {
		n, _ := p.Get(NoContext, buf[:min(len(buf), batch)], -1)
		return n
	})
}

func benchChanProducers(b *testing.B) {
	c := make(chan packet, window)
	eightToTwo(b, func() { c <- benchPacket }, func([]packet) int {
		<-c
		return 1
	})
}

// eightToTwo lets producers have no more than window packets on their way, so that neither
// side measures the memory.
func eightToTwo(b *testing.B, put func(), take func([]packet) int) {
	b.ReportAllocs()
	credit := make(chan struct{}, window/lot)
	var post, get sync.WaitGroup
	for i := range producers {
		post.Go(func() {
			for k := range share(b.N, i, producers) {
				if k%lot == 0 {
					credit <- struct{}{}
				}
				put()
			}
		})
	}
	for i := range consumers {
		get.Go(func() {
			buf := make([]packet, 64)
			used := 0
			for quota := share(b.N, i, consumers); quota > 0; {
				n := take(buf[:min(len(buf), quota)])
				quota -= n
				if used += n; used >= lot {
					used -= lot
					<-credit
				}
			}
		})
	}
	post.Wait()
	get.Wait()
}

// BenchmarkGetBatch posts and takes 64 packets at a time; the figures are per packet.
func BenchmarkGetBatch(b *testing.B) {
	b.ReportAllocs()
	p := New(new(Workers[packet]), 1)
	defer p.Close()
	buf := make([]packet, 64)
	for i := 0; i < b.N; i += len(buf) {
		for range buf {
			p.Post(benchPacket)
		}
		if n, err := p.Get(NoContext, buf, -1); n != len(buf) {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkHandOff is a round trip: a post to a waiting worker, and its answer.
func BenchmarkHandOff(b *testing.B) {
	b.Run("port-1-waiter", func(b *testing.B) { benchHandOff(b, 1) })
	b.Run("port-1000-waiters", func(b *testing.B) { benchHandOff(b, 1000) })
	b.Run("chan-1-waiter", func(b *testing.B) { benchChanHandOff(b, 1) })
	b.Run("chan-1000-waiters", func(b *testing.B) { benchChanHandOff(b, 1000) })
}

func benchHandOff(b *testing.B, waiters int) {
	b.ReportAllocs()
	p := New(new(Workers[packet]), waiters)
	answers := make(chan struct{}, 1)
	var wg sync.WaitGroup
	for range waiters {
		wg.Go(func() {
			for {
				if _, err := p.GetOne(NoContext, -1); err != nil {
					return
				}
				answers <- struct{}{}
			}
		})
	}
	until(b, "all workers wait", func() bool { return p.Snapshot().Waiting == waiters })
	for b.Loop() {
		p.Post(benchPacket)
		<-answers
	}
	p.Close()
	wg.Wait()
}

func benchChanHandOff(b *testing.B, waiters int) {
	b.ReportAllocs()
	c, answers := make(chan packet), make(chan struct{}, 1)
	var wg sync.WaitGroup
	for range waiters {
		wg.Go(func() {
			for range c {
				answers <- struct{}{}
			}
		})
	}
	for b.Loop() {
		c <- benchPacket
		<-answers
	}
	close(c)
	wg.Wait()
}

func BenchmarkPollEmpty(b *testing.B) {
	b.Run("port", func(b *testing.B) {
		b.ReportAllocs()
		p := New(new(Workers[packet]), 1)
		defer p.Close()
		for b.Loop() {
			if _, err := p.GetOne(NoContext, 0); err != ErrTimeout {
				b.Fatal(err)
			}
		}
	})
	b.Run("chan", func(b *testing.B) {
		b.ReportAllocs()
		c := make(chan packet, 64)
		for b.Loop() {
			select {
			case <-c:
				b.Fatal("a packet from nowhere")
			default:
			}
		}
	})
}

func TestPostAndGetDoNotAllocate(t *testing.T) {
	needStates(t) // without them the way to tell goroutines apart allocates
	p := New(new(Workers[packet]), 1)
	defer p.Close()
	buf := make([]packet, 4)
	round := func() {
		p.Post(benchPacket)
		p.GetOne(NoContext, -1)
		p.Post(benchPacket)
		p.Get(NoContext, buf, -1)
		p.GetOne(NoContext, 0)
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
