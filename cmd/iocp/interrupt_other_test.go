// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import (
	"os"
	"syscall"
	"testing"
)

// endings are what asks a command to end.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM}

func interruptible() *syscall.SysProcAttr { return nil }

func heedInterrupts() {}

// send sends the signal to a process.
func send(t *testing.T, p *os.Process, sig os.Signal) {
	t.Helper()
	if err := p.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// endedByInterrupt reports whether the exit status is that of a process which a signal has ended.
func endedByInterrupt(status int) bool { return status == -1 }
