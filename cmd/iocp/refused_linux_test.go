// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"iocp/internal/seccomprun"
)

// runRefused runs the command in a process that is refused what env says.
func runRefused(t *testing.T, env string, args ...string) string {
	t.Helper()
	cmd := asProcess(args...)
	cmd.Env = append(cmd.Env, env)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == seccomprun.Impossible {
		t.Skipf("this kernel or sandbox permits no seccomp filter: %s", out)
	}
	if err != nil {
		t.Fatalf("iocp %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestInfoExplainsTheRefusalOfIOUring(t *testing.T) {
	if b, err := os.ReadFile(disabled); err == nil && strings.TrimSpace(string(b)) != "0" {
		t.Skipf("kernel.io_uring_disabled is %s here, which is the reason that it gives first", strings.TrimSpace(string(b)))
	}
	for errno, reason := range map[syscall.Errno]string{
		syscall.EPERM:  "the seccomp profile of the container",
		syscall.ENOSYS: "has no io_uring",
		syscall.EACCES: "SELinux, AppArmor",
	} {
		out := runRefused(t, seccomprun.Env(errno), "info")
		for _, want := range []string{"engine       epoll", "epoll        works", "does not work", errno.Error(), reason, "  cure       ",
			"docker run --security-opt seccomp=profile.json", "nerdctl run", "podman run", "securityContext.seccompProfile", "localhostProfile"} {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s", errno, want, out)
			}
		}
	}
}

func TestInfoSaysWhatASandboxLacks(t *testing.T) {
	out := runRefused(t, seccomprun.Env(syscall.ENOSYS, seccomprun.Modern...), "info")
	for _, want := range []string{"engine       epoll", "  without    preadv2 and pwritev2 answer ENOSYS", "  without    eventfd2 is refused"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestCopyWorksWhereCallsAreRefused(t *testing.T) {
	for _, env := range []string{seccomprun.Env(syscall.EPERM), seccomprun.Env(syscall.ENOSYS, seccomprun.Modern...)} {
		dir := t.TempDir()
		content := strings.Repeat("some content\n", 1<<16)
		if err := os.WriteFile(dir+"/from", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		runRefused(t, env, "copy", dir+"/from", dir+"/to")
		if got, err := os.ReadFile(dir + "/to"); err != nil || string(got) != content {
			t.Errorf("%s: %v: %d bytes were copied of %d", env, err, len(got), len(content))
		}
	}
}
