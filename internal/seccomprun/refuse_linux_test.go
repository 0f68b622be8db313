// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package seccomprun

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Obey()
	os.Exit(m.Run())
}

// In the child, all threads are refused io_uring, and nothing else.
func TestRefused(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skip("this is what the other test runs in a child")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, nr := range []uintptr{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER} {
				if _, _, errno := syscall.Syscall6(nr, 0, 0, 0, 0, 0, 0); errno.Error() != os.Getenv("WANT") {
					t.Errorf("call %d: %v, want %s", nr, errno, os.Getenv("WANT"))
				}
			}
		})
	}
	wg.Wait()
	if _, err := os.Stat("/"); err != nil {
		t.Error(err)
	}
}

func TestChildIsRefusedIOUring(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSYS, syscall.EACCES} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRefused$", "-test.v")
		cmd.Env = append(os.Environ(), Env(errno), "WANT="+errno.Error())
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == Impossible {
			t.Skipf("this kernel or sandbox permits no filter: %s", out)
		}
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestRefused")) {
			t.Errorf("%v: %v\n%s", errno, err, out)
		}
	}
}
