// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// keeper is what a setting is changed by: a process of its own, which puts the old value back when its
// standard input ends, whether the test closes that or is gone.
const keeper = `trap '' HUP INT QUIT TERM
was=$(cat "$0")
echo "$1" >"$0" && echo set || echo refused
cat >/dev/null
echo "$was" >"$0"`

// withSetting runs f while the file holds the value, and puts the old one back however the test ends: it
// may panic, take too long, be interrupted or killed. Others that change the same file wait.
func withSetting(t *testing.T, file, value string, f func()) {
	t.Helper()
	lock, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", keeper, file, value)
	cmd.ExtraFiles = []*os.File{lock}                    // it stays locked until the old value is back
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that the terminal's ^C does not reach it
	in, out := pipes(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s may not have its old value: %v", file, err)
		}
	}()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "set\n" {
		t.Fatalf("%s cannot be set to %s: %q, %v", file, value, line, err)
	}
	f()
}

func pipes(t *testing.T, cmd *exec.Cmd) (in io.WriteCloser, out io.ReadCloser) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if out, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	return in, out
}

// settingOf and settingEnd tell TestSettingOfAnotherProcess which file to change, and how to end.
const (
	settingOf  = "IOCP_TEST_SETTING"
	settingEnd = "IOCP_TEST_SETTING_END"
)

func TestSettingIsPutBackHoweverTheTestEnds(t *testing.T) {
	for _, end := range []string{"return", "fatal", "panic", "exit", "interrupt", "kill"} {
		file := t.TempDir() + "/setting"
		writeFile(t, file, []byte("old\n"))
		cmd := exec.Command(os.Args[0], "-test.run=^TestSettingOfAnotherProcess$")
		cmd.Env = append(os.Environ(), settingOf+"="+file, settingEnd+"="+end)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.CombinedOutput()
		if (err == nil) != (end == "return") {
			t.Errorf("%s: the process ended with %v\n%s", end, err, out)
		}
		wantFile(t, file+".seen", []byte("new\n"))
		eventually(t, "the old value after "+end, func() bool {
			b, err := os.ReadFile(file)
			return err == nil && string(b) == "old\n"
		})
	}
}

// TestSettingOfAnotherProcess is what TestSettingIsPutBackHoweverTheTestEnds runs in a process of its own.
func TestSettingOfAnotherProcess(t *testing.T) {
	file := os.Getenv(settingOf)
	if file == "" {
		t.Skip("ends badly on purpose; TestSettingIsPutBackHoweverTheTestEnds runs it and looks at what is left")
	}
	withSetting(t, file, "new", func() {
		b, _ := os.ReadFile(file)
		os.WriteFile(file+".seen", b, 0o600)
		switch os.Getenv(settingEnd) {
		case "fatal":
			t.Fatal("on purpose")
		case "panic":
			done := make(chan struct{})
			go panic("on purpose") // of another goroutine: nothing that is deferred runs
			<-done
		case "exit":
			os.Exit(3)
		case "interrupt":
			syscall.Kill(0, syscall.SIGINT) // to the process group, as the terminal does
			select {}
		case "kill":
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
}

// Two that overlapped would leave the value of one for the old one.
func TestSettingsDoNotOverlap(t *testing.T) {
	file := t.TempDir() + "/setting"
	writeFile(t, file, []byte("old\n"))
	other, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	withSetting(t, file, "new", func() {
		if err := unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != unix.EWOULDBLOCK {
			t.Errorf("somebody else may change the setting meanwhile: %v", err)
		}
	})
	wantFile(t, file, []byte("old\n"))
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Errorf("nobody else may change the setting afterwards: %v", err)
	}
}
