// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"fmt"
	"net"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// load runs a closed loop: every connection sends a message when it has got the last one back.
// One thread drives all of them, level-triggered, so that the load costs the same for every
// server.
func load(addr string, pid int) (us, rate float64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ep, err := unix.EpollCreate1(0)
	if err != nil {
		return 0, 0, err
	}
	defer unix.Close(ep)
	fds, err := connectAll(ep, addr)
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if err != nil {
		return 0, 0, err
	}
	return drive(ep, fds, pid)
}

func connectAll(ep int, addr string) (fds []int, err error) {
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	sa := &unix.SockaddrInet4{Port: to.Port}
	copy(sa.Addr[:], to.IP.To4())
	deadline := time.Now().Add(5 * time.Second)
	for len(fds) < *conns {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fds, err
		}
		if err := unix.Connect(fd, sa); err != nil {
			unix.Close(fd)
			if time.Now().After(deadline) {
				return fds, fmt.Errorf("nobody listens on %s: %w", addr, err)
			}
			time.Sleep(5 * time.Millisecond) // the server is starting
			continue
		}
		fds = append(fds, fd)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		unix.SetNonblock(fd, true)
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(fds) - 1)}
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return fds, err
		}
	}
	return fds, nil
}

// window is the measured part of a run.
type window struct {
	pid      int
	warm     time.Time
	begin    time.Time
	cpu      time.Duration
	messages int
}

// tick is called after every round of events; over says that the window has passed.
func (w *window) tick() (over bool, us, rate float64, err error) {
	now := time.Now()
	switch {
	case w.begin.IsZero() && now.After(w.warm):
		w.begin, w.messages = now, 0
		w.cpu, err = cpuTime(w.pid)
	case !w.begin.IsZero() && now.Sub(w.begin) >= *length:
		var cpu time.Duration
		cpu, err = cpuTime(w.pid)
		n := float64(w.messages)
		return true, float64((cpu - w.cpu).Microseconds()) / n, n / now.Sub(w.begin).Seconds(), err
	}
	return false, 0, 0, err
}

// drive sends and receives by raw system calls: they never wait, and what the load costs
// decides how busy it can keep a server.
func drive(ep int, fds []int, pid int) (us, rate float64, err error) {
	message, buf := make([]byte, *size), make([]byte, 1<<16)
	got := make([]int, len(fds))
	for _, fd := range fds {
		if _, err := unix.Write(fd, message); err != nil {
			return 0, 0, err
		}
	}
	events := make([]unix.EpollEvent, 256)
	w := window{pid: pid, warm: time.Now().Add(400 * time.Millisecond)}
	for {
		n, err := unix.EpollWait(ep, events, 1000)
		if err != nil && err != unix.EINTR || n == 0 {
			return 0, 0, fmt.Errorf("the server has stopped answering (%v)", err)
		}
		for _, ev := range events[:max(n, 0)] {
			fd := uintptr(fds[ev.Fd])
			m, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
			if errno != 0 || m == 0 {
				return 0, 0, fmt.Errorf("the server closed a connection (%v)", errno)
			}
			if got[ev.Fd] += int(m); got[ev.Fd] < *size {
				continue
			}
			got[ev.Fd] = 0
			w.messages++
			if _, _, errno := unix.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&message[0])), uintptr(len(message))); errno != 0 {
				return 0, 0, errno
			}
		}
		if over, us, rate, err := w.tick(); over || err != nil {
			return us, rate, err
		}
	}
}
