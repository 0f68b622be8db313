// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const settle = 60 * time.Millisecond // before the measured part of a window

// load is a closed loop: every connection sends a message when it has got the last one back.
// One thread drives all of them, level-triggered, so that the load costs the same for every
// server.
type load struct {
	pids []int // whose processor time counts
	ep   int
	fds  []int
	got  []int // bytes of the message that is under way
	open int   // connections that wait for an answer

	message []byte
	buf     []byte
	events  []unix.EpollEvent
}

// window is what the measured part of a window has shown.
type window struct {
	cpu      time.Duration // of the server, and of the kernel's threads that work for it
	length   time.Duration
	stolen   int // hundredths of a second in which the hypervisor ran something else
	messages int
}

func connect(addr string, pid int) (l *load, err error) {
	l = &load{pids: append(softirqThreads(), pid), message: make([]byte, *size), buf: make([]byte, 1<<16),
		got: make([]int, *conns), events: make([]unix.EpollEvent, 256)}
	if l.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err := l.connectAll(addr); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *load) close() {
	for _, fd := range l.fds {
		unix.Close(fd)
	}
	unix.Close(l.ep)
}

func (l *load) connectAll(addr string) error {
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return err
	}
	sa := &unix.SockaddrInet4{Port: to.Port}
	copy(sa.Addr[:], to.IP.To4())
	deadline := time.Now().Add(5 * time.Second)
	for len(l.fds) < *conns {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, sa); err != nil {
			unix.Close(fd)
			if time.Now().After(deadline) {
				return fmt.Errorf("nobody listens on %s: %w", addr, err)
			}
			time.Sleep(5 * time.Millisecond) // the server is starting
			continue
		}
		l.fds = append(l.fds, fd)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		unix.SetNonblock(fd, true)
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(l.fds) - 1)}
		if err := unix.EpollCtl(l.ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return err
		}
	}
	return nil
}

// window loads the server, measures it, and waits for the last answers.
func (l *load) window() (w window, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if *procs == 1 {
		defer pin(1)()
	}
	for i := range l.fds {
		if err := l.send(i); err != nil {
			return w, err
		}
	}
	if _, err := l.drive(settle, true); err != nil {
		return w, err
	}
	cpu, err := cpuTime(l.pids)
	if err != nil {
		return w, err
	}
	begin, stolen := time.Now(), processorTime().stolen
	if w.messages, err = l.drive(*length, true); err != nil {
		return w, err
	}
	if w.messages == 0 {
		return w, fmt.Errorf("no message came back within %v; use a longer -window", *length)
	}
	w.length, w.stolen = time.Since(begin), processorTime().stolen-stolen
	if w.cpu, err = cpuTime(l.pids); err != nil {
		return w, err
	}
	w.cpu -= cpu
	_, err = l.drive(0, false)
	return w, err
}

// drive takes answers, and sends the next message for each, for d; without on, it takes those that are
// still to come. It returns how many there were. All is done by raw system calls: they never wait, and
// what the load costs decides how busy it can keep a server.
func (l *load) drive(d time.Duration, on bool) (messages int, err error) {
	for end := time.Now().Add(d); on && time.Now().Before(end) || !on && l.open > 0; {
		n, err := unix.EpollWait(l.ep, l.events, 1000)
		if err != nil && err != unix.EINTR || n == 0 {
			return messages, fmt.Errorf("the server has stopped answering (%v)", err)
		}
		for _, ev := range l.events[:max(n, 0)] {
			i := int(ev.Fd)
			m, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(l.fds[i]), uintptr(unsafe.Pointer(&l.buf[0])), uintptr(len(l.buf)))
			if errno != 0 || m == 0 {
				return messages, fmt.Errorf("the server closed a connection (%v)", errno)
			}
			if l.got[i] += int(m); l.got[i] < *size {
				continue
			}
			l.got[i] = 0
			l.open--
			messages++
			if on {
				if err := l.send(i); err != nil {
					return messages, err
				}
			}
		}
	}
	return messages, nil
}

func (l *load) send(i int) error {
	l.open++
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(l.fds[i]), uintptr(unsafe.Pointer(&l.message[0])), uintptr(len(l.message)))
	if errno != 0 || int(n) < len(l.message) {
		return fmt.Errorf("sending took %d of %d bytes (%v)", int(n), len(l.message), errno)
	}
	return nil
}

var unbound sync.Once // it is said

// pin binds the calling thread to a processor and returns the way back.
func pin(cpu int) (back func()) {
	var old, set unix.CPUSet
	set.Set(cpu)
	if unix.SchedGetaffinity(0, &old) != nil || unix.SchedSetaffinity(0, &set) != nil {
		unbound.Do(func() {
			log.Printf("the load cannot be bound to processor %d and may share the server's; use a machine with two", cpu)
		})
		return func() {}
	}
	return func() { unix.SchedSetaffinity(0, &old) }
}

// cpuTime is the user and system time of processes. The clock of a process counts
// nanoseconds where /proc counts ticks.
func cpuTime(pids []int) (sum time.Duration, err error) {
	for _, pid := range pids {
		var ts unix.Timespec
		clock := int32(^pid<<3 | 2) // clock_getcpuclockid(3): MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
		if err := unix.ClockGettime(clock, &ts); err != nil {
			return 0, err
		}
		sum += time.Duration(ts.Nano())
	}
	return sum, nil
}

// softirqThreads are the kernel's ksoftirqd of the server's processor, or of all where servers run on all.
// What a server sends over loopback is received in a soft interrupt on the same processor, which is done,
// and counted, in the call that sends, unless there is too much of it: then this thread does it.
func softirqThreads() (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		b, _ := os.ReadFile(name)
		comm := strings.TrimSpace(string(b))
		if comm == "ksoftirqd/0" || *procs > 1 && strings.HasPrefix(comm, "ksoftirqd/") {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// processors is what /proc/stat says of all processors together, in hundredths of a second.
type processors struct {
	busy   int // in programs and in the kernel, soft interrupts included
	stolen int // a hypervisor has had them for others
}

// processorTime reads the first line of /proc/stat, proc_stat(5). It is all 0 where that is not to be had.
func processorTime() (p processors) {
	b, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(b), "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return p
	}
	at := func(i int) int { n, _ := strconv.Atoi(f[i]); return n }
	p.busy = at(1) + at(2) + at(3) + at(6) + at(7)
	p.stolen = at(8)
	return p
}
