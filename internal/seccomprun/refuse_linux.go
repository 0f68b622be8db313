// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package seccomprun

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable holds what a process shall have refused: an errno and the names of system calls.
const variable = "IOCP_TEST_REFUSE"

// Impossible is the exit status of a process that could not refuse itself anything.
const Impossible = 77

// numbers are the system calls that can be refused by name.
var numbers = map[string]uint32{
	"io_uring_setup": unix.SYS_IO_URING_SETUP, "io_uring_enter": unix.SYS_IO_URING_ENTER, "io_uring_register": unix.SYS_IO_URING_REGISTER,
	"epoll_pwait2": unix.SYS_EPOLL_PWAIT2, "eventfd2": unix.SYS_EVENTFD2,
	"preadv2": unix.SYS_PREADV2, "pwritev2": unix.SYS_PWRITEV2,
}

// IOURing are the names of io_uring's system calls.
var IOURing = []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}

// Modern are the names of io_uring's calls and of others that old kernels and sandboxes do not have.
var Modern = append([]string{"epoll_pwait2", "eventfd2", "preadv2", "pwritev2"}, IOURing...)

// Env is the variable of the environment for a process that is to be answered errno by the named
// system calls, or by all of io_uring's if none is named.
func Env(errno syscall.Errno, calls ...string) string {
	if len(calls) == 0 {
		calls = IOURing
	}
	return fmt.Sprintf("%s=%d %s", variable, int(errno), strings.Join(calls, " "))
}

// Obey does what Env asked for, if it did. If the kernel does not let it, the process ends with
// status Impossible and the reason on standard error.
func Obey() {
	words := strings.Fields(os.Getenv(variable))
	if len(words) == 0 {
		return
	}
	errno, err := strconv.Atoi(words[0])
	var calls []uint32
	for _, name := range words[1:] {
		nr, known := numbers[name]
		if !known {
			err = fmt.Errorf("seccomprun: no number for %q", name)
		}
		calls = append(calls, nr)
	}
	if err == nil {
		err = errors.Join(openPoller(), Refuse(syscall.Errno(errno), calls...))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(Impossible)
	}
}

// openPoller makes Go's runtime start its network poller, which does not do without eventfd2.
func openPoller() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	return errors.Join(r.Close(), w.Close())
}

// Refuse makes the kernel answer errno to the given system calls, in all threads of the process
// and its children, for good.
func Refuse(errno syscall.Errno, calls ...uint32) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return refuse(unix.SECCOMP_FILTER_FLAG_TSYNC, errno, calls)
}

// RefuseThread does so for the thread of the caller alone, who has locked it and never unlocks it:
// the thread ends with its goroutine, and no other goroutine gets it.
func RefuseThread(errno syscall.Errno, calls ...uint32) error { return refuse(0, errno, calls) }

func refuse(flags uintptr, errno syscall.Errno, calls []uint32) error {
	// Without privileges a filter needs the promise never to gain any: seccomp(2).
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("seccomprun: prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	filter := program(errno, calls)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	r, _, e := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if e != 0 {
		return fmt.Errorf("seccomprun: seccomp: %w", e)
	}
	if r != 0 {
		return fmt.Errorf("seccomprun: thread %d has a filter of its own", r)
	}
	return nil
}

// program is the filter: the number of the call is the first word of struct seccomp_data. It does
// not look at the architecture, since it is no fence against anybody.
func program(errno syscall.Errno, calls []uint32) []unix.SockFilter {
	f := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}}
	for i, nr := range calls {
		f = append(f, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jt: uint8(len(calls) - i)})
	}
	return append(f,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)&unix.SECCOMP_RET_DATA})
}
