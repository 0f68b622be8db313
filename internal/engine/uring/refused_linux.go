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
	return e.Reason() + "; " + strings.Join(e.Cures(), "; ")
}

// Reason is Error without what helps.
func (e *RefusedError) Reason() string {
	return fmt.Sprintf("uring: %s: %s (%s): %s", e.Call, unix.ErrnoName(e.Errno), e.Errno.Error(), e.cause())
}

// seccompCures allow the calls in a container. Docker since 25 and containerd since 2.0 answer EPERM
// (github.com/moby/moby/pull/46762, github.com/containerd/containerd/pull/9320), Podman ENOSYS.
var seccompCures = []string{
	"Docker: docker run --security-opt seccomp=profile.json, with a copy of the default profile that also allows " +
		"io_uring_setup, io_uring_enter and io_uring_register (or seccomp=unconfined, which allows everything)",
	"containerd: nerdctl run --security-opt seccomp=profile.json, likewise; Podman: podman run, with the same option",
	"Kubernetes: securityContext.seccompProfile of type Localhost, whose localhostProfile names such a file below the " +
		"kubelet's directory for them (/var/lib/kubelet/seccomp) on the node (or type Unconfined)",
}

func (e *RefusedError) cause() string {
	switch e.Errno {
	case syscall.ENOSYS:
		return "kernel " + e.Kernel + " has no io_uring: it is older than 5.1, was built without CONFIG_IO_URING, " +
			"is gVisor, or a container profile (Podman's default) hides it"
	case syscall.EPERM:
		return e.permission()
	case syscall.EACCES:
		return "a security module (SELinux, AppArmor) or a seccomp profile forbids io_uring to this process"
	case syscall.ENOMEM:
		return "no memory for the ring: before kernel 5.12 it counts against RLIMIT_MEMLOCK, since then against the memory cgroup"
	case syscall.EMFILE, syscall.ENFILE:
		return "no descriptor is free"
	case syscall.EINVAL:
		return "kernel " + e.Kernel + " does not know the ring's flags"
	}
	return "kernel " + e.Kernel + " refused"
}

// permission says who answers EPERM: the sysctl, whose values sysctl/kernel.rst of the kernel's
// documentation explains, or a profile.
func (e *RefusedError) permission() string {
	switch e.Sysctl {
	case "1":
		return "kernel.io_uring_disabled is 1: only processes with CAP_SYS_ADMIN or in the group kernel.io_uring_group may use it"
	case "2":
		return "kernel.io_uring_disabled is 2: nobody may use it"
	}
	return "the seccomp profile of the container (the default of Docker 25 and containerd 2.0 and later, RuntimeDefault " +
		"of Kubernetes) forbids io_uring"
}

// Cures are sentences, each of which tells one way to get io_uring.
func (e *RefusedError) Cures() []string {
	switch e.Errno {
	case syscall.ENOSYS:
		return append([]string{"use kernel 6.1 or later with CONFIG_IO_URING (in gVisor there is none to be had)"}, seccompCures...)
	case syscall.EPERM:
		return e.permissionCures()
	case syscall.EACCES:
		return append([]string{
			"SELinux: look for the denial with ausearch -m AVC -ts recent and permit class io_uring to this domain " +
				"(in a container: --security-opt label=disable)",
			"AppArmor: look for it with journalctl -k and permit io_uring in the profile (in a container: --security-opt " +
				"apparmor=unconfined); on Ubuntu see sysctl kernel.apparmor_restrict_unprivileged_io_uring, too",
		}, seccompCures...)
	case syscall.ENOMEM:
		return []string{"raise the limit (ulimit -l, LimitMEMLOCK= of systemd, docker run --ulimit memlock=-1, or the container's memory limit)"}
	case syscall.EMFILE, syscall.ENFILE:
		return []string{"close some or raise the limit (ulimit -n, LimitNOFILE= of systemd, fs.file-max)"}
	case syscall.EINVAL:
		return []string{"use kernel 6.1 or later"}
	}
	return []string{"use another engine"}
}

func (e *RefusedError) permissionCures() []string {
	const all = "sysctl -w kernel.io_uring_disabled=0, on the host of a container, and the same in /etc/sysctl.d for good"
	switch e.Sysctl {
	case "1":
		return []string{"join a group: sysctl -w kernel.io_uring_group=GID lets its members in", all}
	case "2":
		return []string{all}
	}
	return seccompCures
}

func sysctlDisabled() string {
	b, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled")
	if err != nil {
		return "" // a kernel before 6.6, unless a distribution has added it, or no /proc
	}
	return strings.TrimSpace(string(b))
}
