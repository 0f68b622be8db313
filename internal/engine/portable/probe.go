// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/probe"
)

// Info says what the engine is on this machine.
type Info struct {
	Available bool
	Err       error    // why not, with the cure
	Kernel    string   // uname -r
	Features  []string // none yet
	Lacks     []string // sentences: what is done in place of something better
}

var probed probe.Once[Info]

// Probe makes an engine and has a request wait in Go's poller, once per process: later calls return
// the same answer. Only a shortage is asked for again. Safe for concurrent use.
func Probe() Info {
	return probed.Get(func() (Info, bool) {
		info := inspect()
		return info, !probe.Shortage(info.Err)
	})
}

func inspect() Info {
	info := Info{Kernel: probe.Release(), Lacks: []string{
		"every endpoint that waits has a goroutine per direction and a second descriptor: " +
			"allow twice as many descriptors (ulimit -n) as there are connections",
		"files are read and written by threads alone, and what a thread has begun cannot be cancelled",
	}}
	info.Err = try()
	info.Available = info.Err == nil
	return info
}

// try lets a request wait for a pipe.
func try() error {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return explained("pipe", err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	e := newEngine()
	op := &engine.Op{Kind: engine.Poll, FD: int32(p[0]), Flags: unix.POLLIN}
	e.Queue(op)
	e.Enter(e.Publish(), true)
	if _, err := unix.Write(p[1], []byte{0}); err != nil {
		return errors.Join(explained("write", err), e.Close())
	}
	e.Watch()
	var buf [1]engine.Completion
	if n := e.Reap(buf[:]); n != 1 || buf[0].Res < 0 {
		return errors.Join(explained("Go's network poller", syscall.Errno(-buf[0].Res)), e.Close())
	}
	return e.Close()
}

// explained makes the error of a call that an engine cannot do without a sentence that says what to
// do.
func explained(call string, err error) error {
	cure := "use another engine"
	switch errnoOf(err) {
	case syscall.EMFILE:
		cure = "close descriptors or raise RLIMIT_NOFILE (ulimit -n, LimitNOFILE= of systemd)"
	case syscall.ENFILE:
		cure = "the system has no descriptor left; raise its limit"
	case syscall.ENOMEM:
		cure = "the kernel has no memory; raise the limit of the process or the container"
	}
	return fmt.Errorf("portable: %s: %w; %s", call, err, cure)
}
