// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package seccomprun

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	Obey()
	os.Exit(m.Run())
}

// In the child, all threads are refused what was named, and nothing else.
func TestRefused(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skip("this is what the other test runs in a child")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, name := range strings.Fields(os.Getenv(variable))[1:] {
				_, _, errno := syscall.Syscall6(uintptr(numbers[name]), ^uintptr(0), 0, 0, 0, 0, 0)
				if errno.Error() != os.Getenv("WANT") {
					t.Errorf("%s: %v, want %s", name, errno, os.Getenv("WANT"))
				}
			}
		})
	}
	wg.Wait()
	if _, err := os.Stat("/"); err != nil {
		t.Error(err)
	}
}

func TestChildIsRefusedWhatIsNamed(t *testing.T) {
	for errno, calls := range map[syscall.Errno][]string{syscall.EPERM: nil, syscall.EACCES: IOURing, syscall.ENOSYS: Modern} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRefused$", "-test.v")
		cmd.Env = append(os.Environ(), Env(errno, calls...), "WANT="+errno.Error())
		out, err := cmd.CombinedOutput()
		if errors.Is(err, syscall.ENOEXEC) {
			t.Skip("an emulator runs this, and the kernel cannot start another one")
		}
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == Impossible {
			t.Skipf("this kernel or sandbox permits no filter: %s", out)
		}
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestRefused")) {
			t.Errorf("%v: %v\n%s", errno, err, out)
		}
	}
}

func TestRefuseThreadLeavesOtherThreadsAlone(t *testing.T) {
	pid := func() error {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0); errno != 0 {
			return errno
		}
		return nil
	}
	var own, refused error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread ends with its goroutine
		if refused = RefuseThread(syscall.EXFULL, syscall.SYS_GETPPID); refused == nil {
			own = pid()
		}
	}()
	<-done
	if refused != nil {
		t.Skipf("this kernel or sandbox permits no filter: %v", refused)
	}
	if own != syscall.EXFULL {
		t.Errorf("the thread: %v, want %v", own, syscall.EXFULL)
	}
	if err := pid(); err != nil {
		t.Errorf("another thread: %v", err)
	}
}
