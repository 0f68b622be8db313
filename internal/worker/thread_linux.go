// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadID returns the id of the calling thread, gettid(2).
func threadID() int { return unix.Gettid() }

// doze sleeps for d. time.Sleep would do the same, but takes a whole millisecond for any part of
// one when the machine is idle.
func doze(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil)
}

// ThreadWaiting reports whether the OS thread tid of this process waits in the kernel: state
// S or D in proc_pid_stat(5). State R, running or ready to run, is not waiting. known is
// false if there is no such thread, it is stopped or dead, or /proc cannot be read. It takes
// about three microseconds and allocates nothing. It is meant for one rare question: does a
// goroutine whose state is Syscall compute in C, or wait?
func ThreadWaiting(tid int) (waiting, known bool) {
	if tid <= 0 {
		return false, false
	}
	var path [64]byte
	name := append(path[:0], "/proc/self/task/"...)
	name = strconv.AppendInt(name, int64(tid), 10)
	name = append(name, "/stat\x00"...)
	var stat [128]byte // "tid (comm) S": comm has at most 64 bytes
	n := readFile(name, stat[:])
	return parseStat(stat[:n])
}

// readFile reads the beginning of the file with the NUL-terminated name into b and returns
// the number of bytes, 0 if that failed. os.ReadFile and unix.Open would allocate.
func readFile(name, b []byte) int {
	dirfd := unix.AT_FDCWD
	fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dirfd), uintptr(unsafe.Pointer(&name[0])),
		unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return 0
	}
	n, _, errno := unix.Syscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	unix.Syscall(unix.SYS_CLOSE, fd, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// parseStat reads the state in a line of proc_pid_stat(5). The name before it may itself
// contain parentheses and spaces, so the last parenthesis counts.
func parseStat(stat []byte) (waiting, known bool) {
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return false, false
	}
	switch stat[i+2] {
	case 'R':
		return false, true
	case 'S', 'D':
		return true, true
	}
	return false, false
}
