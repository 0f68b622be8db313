// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goTool runs the go command in the package's folder.
func goTool(args ...string) (string, error) {
	out, err := exec.Command("go", args...).CombinedOutput()
	return string(out), err
}

// lineOf finds the line of a program that has the given comment.
func lineOf(t *testing.T, name, comment string) string {
	t.Helper()
	source, err := os.ReadFile(name)
	ok(t, err)
	before, _, found := bytes.Cut(source, []byte("// "+comment+"\n"))
	if !found {
		t.Fatalf("%s has no line with the comment %q", name, comment)
	}
	return fmt.Sprintf("%s:%d", filepath.Base(name), bytes.Count(before, []byte("\n"))+1)
}

func TestRaceDetectorFindsTouchedBuffers(t *testing.T) {
	skipWithoutEngine(t)
	if testing.Short() {
		t.Skip("building a program with -race takes seconds")
	}
	if out, err := goTool("env", "CGO_ENABLED", "CC"); err != nil {
		t.Skipf("there is no go command here: %v", err)
	} else if enabled, cc, _ := strings.Cut(strings.TrimSpace(out), "\n"); enabled != "1" {
		t.Skip("the race detector needs cgo, and CGO_ENABLED is not 1")
	} else if _, err := exec.LookPath(strings.Fields(cc)[0]); err != nil {
		t.Skipf("the race detector needs a C compiler: %v", err)
	}
	program := t.TempDir() + "/touch"
	if out, err := goTool("build", "-race", "-o", program, "./testdata/touch"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const source = "testdata/touch/main.go"
	for _, name := range []string{"write-received", "read-received", "write-sent", "write-vector", "write-posted", "twice"} {
		out, err := exec.Command(program, name).CombinedOutput()
		line := lineOf(t, source, "in flight: "+name)
		if err == nil || !bytes.Contains(out, []byte("DATA RACE")) || !bytes.Contains(out, []byte(line)) {
			t.Errorf("%s: %v; want a race report that names %s\n%s", name, err, line, out)
		}
	}
	for _, name := range []string{"after", "read-sent", "handed-on"} {
		if out, err := exec.Command(program, name).CombinedOutput(); err != nil {
			t.Errorf("%s: %v; want no report\n%s", name, err, out)
		}
	}
}

func TestVetFindsCopies(t *testing.T) {
	out, err := goTool("vet", "./testdata/copied")
	if err == nil {
		t.Fatal("go vet has nothing to say about a program that copies operations")
	}
	if strings.Contains(err.Error(), "executable file not found") {
		t.Skipf("there is no go command here: %v", err)
	}
	for _, what := range []string{"copies an operation", "passes an operation", "copies a handle", "takes an operation"} {
		if line := lineOf(t, "testdata/copied/main.go", what); !strings.Contains(out, line) {
			t.Errorf("go vet does not name %s, which %s:\n%s", line, what, out)
		}
	}
}
