// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
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

// withSysctl runs f while the sysctl has the value, and puts the old one back.
func withSysctl(t *testing.T, value string, f func()) {
	t.Helper()
	was, err := os.ReadFile(disabled)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(disabled, was, 0); err != nil {
			t.Errorf("kernel.io_uring_disabled stays %s: %v", value, err)
		}
	}()
	if err := os.WriteFile(disabled, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
	f()
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
