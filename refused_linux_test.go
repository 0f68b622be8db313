// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"iocp/internal/seccomprun"
)

func TestPortsWorkWhereIOUringIsRefused(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSYS, syscall.EACCES} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutIOUring$", "-test.v")
		cmd.Env = append(os.Environ(), seccomprun.Env(errno), "IOCP_TEST_WITHOUT=1", "IOCP_TEST_ENGINE=")
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == seccomprun.Impossible {
			t.Skipf("this kernel or sandbox permits no seccomp filter: %s", out)
		}
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestWithoutIOUring")) {
			t.Errorf("%v: %v\n%s", errno, err, out)
		}
	}
}
