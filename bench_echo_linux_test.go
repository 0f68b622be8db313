// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	manyConns = 64
	message   = 64
)

// peers are the far ends of connections, used with bare system calls by the benchmark's own goroutine:
// so nothing runs but the server, and what the peers cost is the same for each.
type peers struct {
	fds []int
	buf [message]byte
}

// join takes over the descriptor of a connection of package net.
func (p *peers) join(b *testing.B, far *net.TCPConn) {
	f, err := far.File()
	ok(b, err)
	far.Close()
	b.Cleanup(func() { f.Close() })
	p.fds = append(p.fds, int(f.Fd()))
}

// bare is recv(2) or send(2) of a whole message, without a word to Go's scheduler.
func bare(b *testing.B, nr uintptr, fd int, buf *[message]byte) {
	if n, _, errno := syscall.RawSyscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(buf)), message, 0, 0, 0); n != message {
		b.Fatalf("system call %d: %d, %v", nr, int(n), errno)
	}
}

func (p *peers) send(b *testing.B) {
	for _, fd := range p.fds {
		bare(b, unix.SYS_SENDTO, fd, &p.buf)
	}
}

func (p *peers) receive(b *testing.B) {
	for _, fd := range p.fds {
		bare(b, unix.SYS_RECVFROM, fd, &p.buf)
	}
}

// measured runs rounds of messages, one to every connection, and reports the processor's time too.
func measured(b *testing.B, round func()) {
	var before, after unix.Rusage
	b.ReportAllocs()
	b.ResetTimer()
	unix.Getrusage(unix.RUSAGE_SELF, &before)
	for i := 0; i < b.N; i += manyConns {
		round()
	}
	unix.Getrusage(unix.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
}

// echo is one connection of the server.
type echo struct {
	c    *TCPConn
	recv echoRecv
	send echoSend
	buf  [message]byte
}

type echoRecv struct {
	Overlapped
	e *echo
}

type echoSend struct {
	Overlapped
	e *echo
}

// BenchmarkEchoToMany: 64 connections are sent 64 bytes each and served by one worker; an operation is
// one message there and back.
func BenchmarkEchoToMany(b *testing.B) {
	p := newPort(b)
	far := new(peers)
	for range manyConns {
		c, end := tcpPair(b, p)
		far.join(b, end)
		e := &echo{c: c}
		e.recv.e, e.send.e = e, e
		ok(b, c.Recv(&e.recv, e.buf[:]))
	}
	served := make(chan struct{}, 1) // the server does not wait here
	go serveMany(p, served)
	measured(b, func() {
		far.send(b)
		<-served
		far.receive(b)
	})
}

// serveMany tells served of every round. It is away from the port no longer than a server is.
func serveMany(p *Port, served chan<- struct{}) {
	var batch [manyConns]Completion
	for left := manyConns; ; {
		n, err := p.GetBatch(batch[:], Infinite)
		if err != nil {
			return
		}
		for _, k := range batch[:n] {
			switch o := k.Op.(type) {
			case *echoRecv:
				o.e.c.Send(&o.e.send, o.e.buf[:k.Bytes])
			case *echoSend:
				o.e.c.Recv(&o.e.recv, o.e.buf[:])
				left--
			}
		}
		if left == 0 {
			left = manyConns
			served <- struct{}{}
		}
	}
}

// BenchmarkEchoToManyByHand is the same with epoll alone.
func BenchmarkEchoToManyByHand(b *testing.B) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	ok(b, err)
	defer unix.Close(ep)
	far, near := new(peers), new(peers)
	for range manyConns {
		c, end := netPair(b)
		near.join(b, c)
		far.join(b, end)
	}
	for _, fd := range near.fds {
		unix.SetNonblock(fd, true)
		ok(b, unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}))
	}
	var events [manyConns]unix.EpollEvent
	measured(b, func() {
		far.send(b)
		for left := manyConns; left > 0; {
			n, err := unix.EpollWait(ep, events[:], -1)
			if err != nil && err != syscall.EINTR {
				b.Fatal(err)
			}
			for _, ev := range events[:max(n, 0)] {
				bare(b, unix.SYS_RECVFROM, int(ev.Fd), &near.buf)
				bare(b, unix.SYS_SENDTO, int(ev.Fd), &near.buf)
				left--
			}
		}
		far.receive(b)
	})
}
