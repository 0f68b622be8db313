// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// RefusedError says that the machine does not let this process use io_uring. Its sentence
// says why, as far as that can be known, and what to do about it.
type RefusedError struct {
	Call   string        // the system call that was refused
	Errno  syscall.Errno // its answer
	Kernel string        // uname -r
	Sysctl string        // kernel.io_uring_disabled: "0", "1", "2", or "" where there is none
}

func (k *kernel) refused(call string, errno syscall.Errno) error {
	return &RefusedError{Call: call, Errno: errno, Kernel: k.release(), Sysctl: k.sysctl()}
}

// Unwrap returns the errno, so that errors.Is(err, syscall.EPERM) works.
func (e *RefusedError) Unwrap() error { return e.Errno }

// Error is one sentence: what was refused, what it means, what helps.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("uring: %s: %s (%s): %s", e.Call, unix.ErrnoName(e.Errno), e.Errno.Error(), e.cause())
}

const allowCalls = "allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile: " +
	"docker run --security-opt seccomp=profile.json (or seccomp=unconfined); " +
	"containerd: nerdctl run --security-opt seccomp=profile.json; " +
	"Kubernetes: securityContext.seccompProfile type Localhost with such a profile (or Unconfined)"

func (e *RefusedError) cause() string {
	switch e.Errno {
	case syscall.ENOSYS:
		return "kernel " + e.Kernel + " has no io_uring: it is older than 5.1, was built without CONFIG_IO_URING, " +
			"is gVisor, or a container profile hides it; use kernel 5.11 or later, or " + allowCalls
	case syscall.EPERM:
		return e.permission()
	case syscall.EACCES:
		return "a seccomp profile or a security module (SELinux, AppArmor) forbids io_uring; look for a denial in " +
			"the audit log and permit io_uring for this process, or " + allowCalls
	case syscall.ENOMEM:
		return "no memory for the ring: before kernel 5.12 it counts against RLIMIT_MEMLOCK, since then against the memory " +
			"cgroup; raise the limit (ulimit -l, LimitMEMLOCK= of systemd, docker run --ulimit memlock=-1, or the " +
			"container's memory limit)"
	case syscall.EMFILE, syscall.ENFILE:
		return "no descriptor is free; close some or raise the limit (ulimit -n, LimitNOFILE= of systemd, fs.file-max)"
	case syscall.EINVAL:
		return "kernel " + e.Kernel + " does not know the ring's flags; use kernel 5.11 or later"
	}
	return "kernel " + e.Kernel + " refused; use another engine"
}

func (e *RefusedError) permission() string {
	switch e.Sysctl {
	case "1":
		return "kernel.io_uring_disabled is 1: only processes with CAP_SYS_ADMIN or in the group kernel.io_uring_group may " +
			"use it; join that group or run sysctl -w kernel.io_uring_disabled=0"
	case "2":
		return "kernel.io_uring_disabled is 2: nobody may use it; run sysctl -w kernel.io_uring_disabled=0"
	}
	return "the seccomp profile of the container (the default of Docker and containerd, RuntimeDefault of Kubernetes) " +
		"forbids io_uring; " + allowCalls
}

func sysctlDisabled() string {
	b, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled")
	if err != nil {
		return "" // a kernel before 6.6, or no /proc
	}
	return strings.TrimSpace(string(b))
}
