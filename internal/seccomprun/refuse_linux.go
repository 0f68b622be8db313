// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package seccomprun

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable names the errno with which a process shall have io_uring refused.
const variable = "IOCP_TEST_REFUSE_IO_URING"

// Impossible is the exit status of a process that could not refuse itself anything.
const Impossible = 77

// Env is the variable of the environment for a process that is to be answered errno by all of
// io_uring's system calls.
func Env(errno syscall.Errno) string { return variable + "=" + strconv.Itoa(int(errno)) }

// Obey does what Env asked for, if it did. If the kernel does not let it, the process ends with
// status Impossible and the reason on standard error.
func Obey() {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return
	}
	err = Refuse(syscall.Errno(n), unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(Impossible)
	}
}

// Refuse makes the kernel answer errno to the given system calls, in all threads of the process
// and its children, for good.
func Refuse(errno syscall.Errno, calls ...uint32) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Without privileges a filter needs the promise never to gain any: seccomp(2).
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("seccomprun: prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	filter := program(errno, calls)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	r, _, e := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
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
