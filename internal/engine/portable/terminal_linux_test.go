// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package portable

import (
	"fmt"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// openTerminal returns both ends of a pseudo terminal.
func openTerminal(t *testing.T) (master, slave int32) {
	t.Helper()
	m, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { unix.Close(m) })
	n, err := unix.IoctlGetInt(m, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(m, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	s, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { unix.Close(s) })
	return int32(m), int32(s)
}

func TestTerminal(t *testing.T) {
	p := newPort(t)
	master, slave := openTerminal(t)
	b := make([]byte, 8)
	read, second := enginetest.Stream(engine.Read, slave, b), enginetest.Stream(engine.Read, slave, make([]byte, 8))
	p.Start(read)
	p.None()
	p.CancelAll(read)
	p.Is("cancelled", p.WaitFor(read), -int32(syscall.ECANCELED))
	p.Start(read, second) // in this order
	p.Send(master, "one\n")
	if res := p.WaitFor(read); string(b[:max(res, 0)]) != "one\n" {
		t.Errorf("read %d %q", res, b)
	}
	p.Send(master, "two\n")
	p.Is("then", p.WaitFor(second), 4)
	p.Is("write", p.Do(enginetest.Stream(engine.Write, slave, []byte("out"))), 3)
}
