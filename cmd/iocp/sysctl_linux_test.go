// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// disabled is the sysctl that forbids io_uring: sysctl/kernel.rst of the kernel's documentation.
const disabled = "/proc/sys/kernel/io_uring_disabled"

// requireSysctl skips a test that may not, or cannot, change the sysctl.
func requireSysctl(t *testing.T) {
	t.Helper()
	if os.Getenv("IOCP_TEST_SYSCTL") == "" {
		t.Skip("the sysctl is the whole machine's: set IOCP_TEST_SYSCTL=1 where nothing else runs")
	}
	was, err := os.ReadFile(disabled)
	if err == nil {
		err = os.WriteFile(disabled, was, 0)
	}
	if err != nil {
		t.Skipf("kernel.io_uring_disabled cannot be set here: %v", err)
	}
}

// withSysctl runs f while the sysctl has the value, and puts the old one back whatever happens.
func withSysctl(t *testing.T, value string, f func()) {
	t.Helper()
	withSetting(t, disabled, value, f)
}

func TestInfoNamesTheSysctlThatForbidsIOUring(t *testing.T) {
	requireSysctl(t)
	for value, wants := range map[string][]string{
		"1": {"kernel.io_uring_disabled is 1", "CAP_SYS_ADMIN", "sysctl -w kernel.io_uring_group=GID"},
		"2": {"kernel.io_uring_disabled is 2", "nobody may use it"},
	} {
		var out []byte
		var err error
		cmd := nobody(t, "info") // the value 1 lets root pass
		withSysctl(t, value, func() { out, err = cmd.CombinedOutput() })
		for _, want := range append(wants, "engine       epoll", "EPERM", "sysctl -w kernel.io_uring_disabled=0") {
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: %v: no %q in\n%s", value, err, want, out)
			}
		}
	}
}

func TestCopyWhereTheSysctlForbidsIOUring(t *testing.T) {
	requireSysctl(t)
	newTree(t, 64<<20, 256<<20).isCopied(t, bySysctl)
}

// TestSuitesWhereTheSysctlForbidsIOUring sets it anew for each package, for no longer than its tests take.
func TestSuitesWhereTheSysctlForbidsIOUring(t *testing.T) {
	requireSysctl(t)
	dir := t.TempDir()
	for pkg, want := range map[string]string{
		"iocp":          "--- PASS: TestResultDoesNotTakeThePacket",
		"iocp/netconn":  "--- PASS: TestConn",
		"iocp/iocptest": "--- SKIP: TestUring",
	} {
		bin := suiteOf(t, dir, pkg)
		cmd := exec.Command(bin, "-test.short", "-test.v", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), "IOCP_TEST_ENGINE=")
		cmd.Dir = sourceOf(t, bin)
		var out []byte
		var err error
		begin := time.Now()
		withSysctl(t, "2", func() { out, err = cmd.CombinedOutput() })
		if failed := regexp.MustCompile(`(?m)^ *--- FAIL.*`).FindAll(out, -1); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want %q\n%s\n%s", pkg, err, want, bytes.Join(failed, []byte("\n")), tail(out))
		}
		t.Logf("%s: %v", pkg, time.Since(begin).Round(time.Millisecond))
	}
}
