// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"fmt"
	"net"
	"runtime"
	"time"

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

func drive(ep int, fds []int, pid int) (us, rate float64, err error) {
	message, buf := make([]byte, *size), make([]byte, 1<<16)
	got := make([]int, len(fds))
	for _, fd := range fds {
		if _, err := unix.Write(fd, message); err != nil {
			return 0, 0, err
		}
	}
	events := make([]unix.EpollEvent, 256)
	warm := time.Now().Add(400 * time.Millisecond)
	var begin time.Time
	var cpu0 time.Duration
	messages := 0
	for {
		n, err := unix.EpollWait(ep, events, 1000)
		if err != nil && err != unix.EINTR || n == 0 {
			return 0, 0, fmt.Errorf("the server has stopped answering (%v)", err)
		}
		for _, ev := range events[:max(n, 0)] {
			m, err := unix.Read(fds[ev.Fd], buf)
			if err != nil || m == 0 {
				return 0, 0, fmt.Errorf("the server closed a connection: %w", err)
			}
			if got[ev.Fd] += m; got[ev.Fd] < *size {
				continue
			}
			got[ev.Fd] = 0
			messages++
			if _, err := unix.Write(fds[ev.Fd], message); err != nil {
				return 0, 0, err
			}
		}
		now := time.Now()
		switch {
		case begin.IsZero() && now.After(warm):
			begin, messages = now, 0
			if cpu0, err = cpuTime(pid); err != nil {
				return 0, 0, err
			}
		case !begin.IsZero() && now.Sub(begin) >= *window:
			cpu1, err := cpuTime(pid)
			if err != nil {
				return 0, 0, err
			}
			return float64((cpu1 - cpu0).Microseconds()) / float64(messages), float64(messages) / now.Sub(begin).Seconds(), nil
		}
	}
}
