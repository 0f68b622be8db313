// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"
)

// endings are what asks a command to end: Go makes os.Interrupt of Ctrl-C and of Ctrl-Break. What becomes
// SIGTERM, the end of the session or of its console, a test cannot bring about.
var endings = []os.Signal{os.Interrupt}

var (
	kernel32                  = windows.NewLazySystemDLL("kernel32.dll")
	procAttachConsole         = kernel32.NewProc("AttachConsole")
	procFreeConsole           = kernel32.NewProc("FreeConsole")
	procGetConsoleCP          = kernel32.NewProc("GetConsoleCP")
	procSetConsoleCtrlHandler = kernel32.NewProc("SetConsoleCtrlHandler")
)

// interruptible is for a process that a console event can be sent to: one with a group of its own, which an
// event can be limited to, on the console of this process or else on one that nobody sees.
func interruptible() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	if cp, _, _ := procGetConsoleCP.Call(); cp == 0 {
		attr.CreationFlags |= windows.CREATE_NO_WINDOW
	}
	return attr
}

// heedInterrupts takes back that a new group ignores Ctrl-C.
func heedInterrupts() { procSetConsoleCtrlHandler.Call(0, 0) }

// send sends Ctrl-Break to a process, or Ctrl-C where the system has that alone, and skips the test if it has neither.
func send(t *testing.T, p *os.Process, _ os.Signal) {
	t.Helper()
	if cp, _, _ := procGetConsoleCP.Call(); cp == 0 { // then the process has one of its own
		procFreeConsole.Call()
		if r, _, err := procAttachConsole.Call(uintptr(p.Pid)); r == 0 {
			t.Skipf("no console here to interrupt a process from: AttachConsole: %v", err)
		}
		defer procFreeConsole.Call()
	}
	if windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid)) == nil {
		return
	}
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, uint32(p.Pid)); err != nil {
		t.Skipf("a console here interrupts nobody: GenerateConsoleCtrlEvent: %v", err)
	}
}

// endedByInterrupt reports whether the exit status is that of a process which does not heed interrupts and got one:
// STATUS_CONTROL_C_EXIT, or 0, which Wine ends it with. Who asks must see to it that the process cannot have ended well.
func endedByInterrupt(status int) bool {
	return uint32(status) == uint32(windows.STATUS_CONTROL_C_EXIT) || status == 0
}
