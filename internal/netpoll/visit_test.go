// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netpoll_test

import (
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"iocp/internal/netpoll"
)

func Example() {
	if v := netpoll.New(); v != nil {
		v.Visit() // whoever waits for a socket that is ready can run now
		v.Close()
	}
	fmt.Println("been there")
	// Output: been there
}

func newVisitor(t testing.TB) *netpoll.Visitor {
	v := netpoll.New()
	if v == nil {
		t.Skip("the poller cannot be visited here")
	}
	t.Cleanup(v.Close)
	return v
}

// An echo in package net, beside a goroutine that always has something to do and visits the poller.
func TestAVisitBringsThoseWhoseSocketsAreReady(t *testing.T) {
	v := newVisitor(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	messages := func(between func()) time.Duration {
		a, b := pipe(t)
		go echo(b)
		over := make(chan struct{})
		begin := time.Now()
		go func() {
			defer close(over)
			buf := make([]byte, 1)
			for range 20 {
				a.Write(buf)
				a.Read(buf)
			}
		}()
		for {
			select {
			case <-over:
				return time.Since(begin)
			default:
				for begin := time.Now(); time.Since(begin) < 50*time.Microsecond; {
				}
				between()
				runtime.Gosched()
			}
		}
	}
	without := messages(func() {})
	var with time.Duration
	for range 20 { // the rest of the machine may be at work for a while
		if with = messages(v.Visit); with < without/4 {
			return
		}
	}
	t.Errorf("20 messages took %v, without visits %v", with, without)
}

func pipe(t *testing.T) (a, b net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func echo(c net.Conn) {
	buf := make([]byte, 1)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		c.Write(buf)
	}
}

func TestVisitDoesNotAllocate(t *testing.T) {
	v := newVisitor(t)
	if n := testing.AllocsPerRun(1000, v.Visit); n != 0 {
		t.Errorf("%v allocations for a visit", n)
	}
}

func TestAClosedVisitorStaysAtHome(t *testing.T) {
	v := newVisitor(t)
	v.Close()
	v.Visit()
}

func BenchmarkVisit(b *testing.B) {
	v := newVisitor(b)
	b.ReportAllocs()
	for b.Loop() {
		v.Visit()
	}
}
