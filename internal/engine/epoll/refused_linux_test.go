// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"iocp/internal/seccomprun"
)

func TestMain(m *testing.M) {
	seccomprun.Obey()
	os.Exit(m.Run())
}

// inPoorKernel is set in a process that is refused what old kernels and sandboxes do not have.
const inPoorKernel = "IOCP_TEST_POOR_KERNEL"

// TestPoorKernel is what TestEngineWhereModernCallsAreRefused runs in a child, beside the suite.
func TestPoorKernel(t *testing.T) {
	if os.Getenv(inPoorKernel) == "" {
		t.Skip("TestEngineWhereModernCallsAreRefused runs this in a child")
	}
	info := Probe()
	if !info.Available || len(info.Features) != 0 {
		t.Fatalf("%+v", info)
	}
	for i, want := range []string{"preadv2 and pwritev2 answer ENOSYS", "eventfd2 is refused"} {
		if len(info.Lacks) != 2 || !strings.Contains(info.Lacks[i], want) {
			t.Errorf("%q do not say %q", info.Lacks, want)
		}
	}
}

// The kernel itself refuses here, and not a stand-in for it: the whole suite passes all the same.
func TestEngineWhereModernCallsAreRefused(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^(TestPoorKernel|TestEngine|TestPipe|TestTerminal|TestFilesOnEveryKernel)$", "-test.v", "-test.short")
	cmd.Env = append(os.Environ(), seccomprun.Env(syscall.ENOSYS, seccomprun.Modern...), inPoorKernel+"=1")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.ENOEXEC) {
		t.Skip("an emulator runs this, and the kernel cannot start another one")
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == seccomprun.Impossible {
		t.Skipf("this kernel or sandbox permits no seccomp filter: %s", out)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestPoorKernel")) || !bytes.Contains(out, []byte("--- PASS: TestEngine")) {
		t.Errorf("%v\n%s", err, out)
	}
}
