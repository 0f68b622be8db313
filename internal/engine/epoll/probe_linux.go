// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine/probe"
)

// Info says what epoll is on this machine.
type Info struct {
	Available bool
	Err       error    // why not, with the cure
	Kernel    string   // uname -r
	Features  []string // of an engine (Engine.Features), sorted
	Lacks     []string // sentences: what the kernel does not have, and what is done instead
}

// kernel is what the engine asks of the machine; tests put refusals in.
type kernel struct {
	create  func() (int, syscall.Errno)
	eventfd func() (int, syscall.Errno)
	vectors func() syscall.Errno // whether preadv2(2) and pwritev2(2) are there
}

var host = &kernel{create: create, eventfd: eventfd, vectors: sync.OnceValue(vectors)}

func create() (int, syscall.Errno) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, err.(syscall.Errno)
	}
	return fd, 0
}

func eventfd() (int, syscall.Errno) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return -1, err.(syscall.Errno)
	}
	return fd, 0
}

// vectors asks for the two calls without a descriptor: who has them answers EBADF.
func vectors() syscall.Errno {
	var none unix.Iovec
	for _, nr := range []uintptr{unix.SYS_PREADV2, unix.SYS_PWRITEV2} {
		_, _, errno := syscall.Syscall6(nr, ^uintptr(0), uintptr(unsafe.Pointer(&none)), 1, 0, 0, unix.RWF_NOWAIT)
		if errno != syscall.EBADF {
			return errno
		}
	}
	return 0
}

var probed probe.Once[Info]

// Probe makes an engine and sends a request through it, once per process: later calls return the
// same answer. Only a shortage is asked for again. Safe for concurrent use.
func Probe() Info {
	return probed.Get(func() (Info, bool) {
		info := host.inspect()
		return info, !probe.Shortage(info.Err)
	})
}

func (k *kernel) inspect() Info {
	info := Info{Kernel: probe.Release()}
	e, err := k.newEngine()
	if err != nil {
		info.Err = err
		return info
	}
	info.Features, info.Lacks = e.Features(), k.lacks(e)
	info.Err = errors.Join(probe.Nop(e), e.Close())
	info.Available = info.Err == nil
	return info
}

func (k *kernel) lacks(e *Engine) (why []string) {
	if errno := k.vectors(); errno != 0 {
		why = append(why, fmt.Sprintf("preadv2 and pwritev2 answer %s: files are read and written by threads alone, "+
			"and an append to a file that was not opened for it opens it once more through /proc", unix.ErrnoName(errno)))
	}
	if e.wakeup.in != e.wakeup.out {
		why = append(why, "eventfd2 is refused: a pipe wakes the workers instead")
	}
	return why
}

// explained makes an errno of a call that an engine cannot do without a sentence that says what to
// do.
func explained(call string, errno syscall.Errno) error {
	cure := "use another engine"
	switch errno {
	case syscall.EMFILE:
		cure = "close descriptors or raise RLIMIT_NOFILE (ulimit -n, LimitNOFILE= of systemd)"
	case syscall.ENFILE:
		cure = "the system has no descriptor left; raise fs.file-max"
	case syscall.ENOMEM:
		cure = "the kernel has no memory; raise the memory limit of the container"
	case syscall.ENOSPC:
		cure = "raise fs.epoll.max_user_watches"
	case syscall.ENOSYS, syscall.EPERM, syscall.EACCES:
		cure = "allow " + call + " in the seccomp profile of the sandbox, which Go itself needs too"
	}
	return fmt.Errorf("epoll: %s: %w; %s", call, errno, cure)
}
