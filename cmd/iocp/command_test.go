// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"iocp"
)

func TestWrongUsageExitsWithTwoAndSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "Usage: iocp COMMAND"},
		{[]string{"frobnicate"}, `unknown command "frobnicate"`},
		{[]string{"-version"}, `unknown command "-version"`},
		{[]string{"help", "frobnicate"}, `no help on "frobnicate"`},
		{[]string{"help", "copy", "echo"}, `no help on "copy echo"`},
		{[]string{"serve", "-frob"}, "-frob"},
		{[]string{"serve", "a", "b"}, "want one folder, got 2"},
		{[]string{"serve", "-concurrency", "-1"}, "-concurrency -1"},
		{[]string{"serve", "-drain", "soon"}, "-drain"},
		{[]string{"echo", "-workers", "-1"}, "-workers -1"},
		{[]string{"echo", "-engine", "steam"}, "-engine steam: this build knows"},
		{[]string{"echo", "-size", "0"}, "-size 0"},
		{[]string{"echo", "-size", "2G"}, "-size 2G"},
		{[]string{"echo", "-workers", "70000"}, "-workers 70000"},
		{[]string{"copy", "-concurrency", "70000", "a", "b"}, "-concurrency 70000"},
		{[]string{"echo", "here"}, `unexpected argument "here"`},
		{[]string{"copy"}, "want SRC... DST, got 0"},
		{[]string{"copy", "a"}, "want SRC... DST, got 1"},
		{[]string{"copy", "-depth", "0", "a", "b"}, "-depth 0"},
		{[]string{"copy", "-depth", "70000", "a", "b"}, "-depth 70000"},
		{[]string{"copy", "-block", "100", "a", "b"}, "-block 100"},
		{[]string{"copy", "-block", "12K", "a", "b"}, "-block 12K"},
		{[]string{"copy", "-block", "2G", "a", "b"}, "-block 2G"},
		{[]string{"copy", "-block", "many", "a", "b"}, "4096, 64K or 1M"},
		{[]string{"info", "-json", "x"}, `unexpected argument "x"`},
	} {
		status, stdout, stderr := runCommand(test.args...)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("iocp %v: status %d, stdout %q, stderr %q; want 2, nothing, %q", test.args, status, stdout, stderr, test.want)
		}
	}
}

func TestHelpGoesToStandardOutput(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		status, stdout, stderr := runCommand(args...)
		if status != 0 || stderr != "" {
			t.Errorf("iocp %v: status %d, stderr %q", args, status, stderr)
		}
		for _, cmd := range commands() {
			if !strings.Contains(stdout, cmd.name) || !strings.Contains(stdout, cmd.summary) {
				t.Errorf("iocp %v does not list %s", args, cmd.name)
			}
		}
	}
}

func TestHelpOfACommandShowsEveryFlag(t *testing.T) {
	for _, cmd := range commands() {
		_, byHelp, _ := runCommand("help", cmd.name)
		status, byFlag, stderr := runCommand(cmd.name, "-h")
		if status != 0 || stderr != "" || byHelp != byFlag {
			t.Errorf("iocp %s -h: status %d, stderr %q, same as help: %v", cmd.name, status, stderr, byHelp == byFlag)
		}
		fs, _ := cmd.flagSet()
		fs.VisitAll(func(f *flag.Flag) {
			if !strings.Contains(byHelp, "-"+f.Name) {
				t.Errorf("help of %s does not show -%s", cmd.name, f.Name)
			}
		})
		for _, name := range []string{"engine", "concurrency", "workers"} {
			if fs.Lookup(name) == nil {
				t.Errorf("%s has no -%s", cmd.name, name)
			}
		}
	}
}

func TestFlagsAndOperandsComeInAnyOrder(t *testing.T) {
	for _, test := range []struct {
		args, operands []string
		n              int
	}{
		{[]string{"-n", "1", "a", "b"}, []string{"a", "b"}, 1},
		{[]string{"a", "-n", "2", "b"}, []string{"a", "b"}, 2},
		{[]string{"a", "b", "-n=3"}, []string{"a", "b"}, 3},
		{[]string{"a", "--", "-n", "4"}, []string{"a", "-n", "4"}, 0},
		{[]string{"--", "a", "--"}, []string{"a", "--"}, 0},
		{[]string{"-", "-n", "5"}, []string{"-"}, 5},
		{nil, nil, 0},
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		n := fs.Int("n", 0, "")
		operands, err := parse(fs, test.args)
		if err != nil || !slices.Equal(operands, test.operands) || *n != test.n {
			t.Errorf("parse(%q) = %q, %v with n=%d; want %q, n=%d", test.args, operands, err, *n, test.operands, test.n)
		}
	}
}

func TestByteSizesAreWrittenAndReadAlike(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "4096": 4096, "64K": 64 << 10, "64k": 64 << 10, "64KiB": 64 << 10, "1M": 1 << 20,
		"1MB": 1 << 20, "3G": 3 << 30, "512B": 512, "1000": 1000,
	} {
		var b byteSize
		if err := b.Set(text); err != nil || int64(b) != want {
			t.Errorf("Set(%q) = %d, %v; want %d", text, b, err, want)
		}
		var again byteSize
		if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%q printed as %q is read as %d, %v", text, &b, again, err)
		}
	}
	for _, text := range []string{"", "K", "-1", "1.5M", "1X", "1KK", "0x10", "9999999999G"} {
		if err := new(byteSize).Set(text); err == nil {
			t.Errorf("Set(%q) was accepted", text)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "listen", Net: "tcp", Err: sysErrors.addressInUse}, "choose another with -addr"},
		{&net.OpError{Op: "listen", Net: "tcp", Err: sysErrors.reservedPort}, "choose a"},
		{&os.PathError{Op: "open", Path: "secret", Err: sysErrors.accessDenied}, "run as a user who may"},
		{&os.PathError{Op: "write", Path: "big", Err: sysErrors.deviceFull}, "make room"},
		{&iocp.EngineError{Engine: "x", Err: errors.New("refused")}, "iocp info"},
		{errors.New("what nobody knows"), "what nobody knows"},
	} {
		if got := explain(test.err); !strings.HasPrefix(got, test.err.Error()) || !strings.Contains(got, test.want) {
			t.Errorf("explain(%v) = %q, want %q in it", test.err, got, test.want)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), exitFailed},
		{errReported, exitFailed},
		{usagef("x"), exitUsage},
		{errors.Join(errInterrupted, nil), exitInterrupted},
	} {
		if got := status("test", test.err, io.Discard); got != test.want {
			t.Errorf("status of %v is %d, want %d", test.err, got, test.want)
		}
	}
}

func TestOneWorkerOnOneProcessor(t *testing.T) {
	var p portFlags
	if got := p.workersFor(4); got != 8 && got != 1 {
		t.Errorf("workersFor(4) = %d, want 8, or 1 when GOMAXPROCS is 1", got)
	}
	p.workers = 3
	if got := p.workersFor(4); got != 3 {
		t.Errorf("workersFor(4) with -workers 3 = %d", got)
	}
}

func Example() {
	run(context.Background(), []string{"help"}, output{os.Stdout, os.Stderr})
	// Output:
	// iocp works with I/O completion ports.
	//
	// Usage: iocp COMMAND [flags] [arguments]
	//
	// Commands:
	//   serve   serve the files below a folder over HTTP
	//   echo    send every byte back to its sender, over TCP
	//   copy    copy files and trees with many blocks in flight
	//   info    tell which engine works here, and why not a better one
	//   help    tell more about a command: iocp help COMMAND
}
