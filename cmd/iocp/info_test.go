// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"iocp"
)

func TestInfoNamesTheEngineThatIsUsed(t *testing.T) {
	requireEngine(t)
	status, stdout, stderr := runCommand("info", "-concurrency", "3", "-workers", "5")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{runtime.GOOS + "/" + runtime.GOARCH, "works", "concurrency value 3, 5 workers", iocp.Engines()[0].Kernel} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

func TestInfoPrintsJSON(t *testing.T) {
	requireEngine(t)
	_, stdout, _ := runCommand("info", "-json")
	var s systemInfo
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%v in\n%s", err, stdout)
	}
	if len(s.Engines) != len(iocp.Engines()) || s.CPUs != runtime.NumCPU() || s.Concurrency != s.CPUs {
		t.Errorf("got %+v", s)
	}
	for _, e := range s.Engines {
		if e.Name == s.Engine && !e.Works {
			t.Errorf("the engine in use, %s, does not work", e.Name)
		}
	}
}

// refused is an error with a reason and two cures.
type refused struct{ error }

func (refused) Reason() string  { return "the reason" }
func (refused) Cures() []string { return []string{"the first cure", "the second cure"} }

func TestInfoSaysWhyAnEngineIsRefusedAndTheCures(t *testing.T) {
	for _, test := range []struct {
		err  error
		want []string
	}{
		{refused{syscall.EPERM}, []string{"does not work: the reason\n", "cure       the first cure\n", "cure       the second cure\n"}},
		{fmt.Errorf("io_uring_setup: %w", sysErrors.deviceFull), []string{"does not work: ", "io_uring_setup", "cure       make room"}},
		{syscall.ENOEXEC, []string{"does not work: ", syscall.ENOEXEC.Error()}},
	} {
		engines := []iocp.EngineInfo{
			{Name: iocp.EngineURing, Kernel: "6.1", Err: &iocp.EngineError{Engine: iocp.EngineURing, Err: test.err}},
			{Name: "second", Kernel: "6.1", Features: []string{"one", "two"}, Lacks: []string{"three is missing"}},
		}
		var b bytes.Buffer
		var i info
		if err := i.print(&b, i.gather(engines)); err != nil {
			t.Fatal(err)
		}
		for _, want := range append(test.want, "engine       second", "one, two", "without    three is missing") {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%v: no %q in\n%s", test.err, want, &b)
			}
		}
	}
}

func TestInfoLooksAtTheEngineAskedForAlone(t *testing.T) {
	engines := []iocp.EngineInfo{{Name: "first"}, {Name: "second", Err: syscall.ENOSYS}}
	i := info{portFlags: portFlags{engine: "second"}}
	if s := i.gather(engines); s.Engine != "" || len(s.Engines) != 1 {
		t.Errorf("got %+v, want the second engine and none that works", s)
	}
}
