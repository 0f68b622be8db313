// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"iocp"
)

// fdDir lists the open descriptors of the process, proc(5). Where there is no such
// directory only goroutines are looked at.
const fdDir = "/proc/self/fd"

// leakLimit is how long what is being closed may take to be gone.
var leakLimit = 5 * time.Second

// inventory is what a rule may not leave more of than it found.
type inventory struct {
	goroutines int
	files      map[string]string
}

func takeInventory() inventory {
	return inventory{goroutines: runtime.NumGoroutine(), files: openFiles()}
}

// openFiles maps the number of every open descriptor to what it refers to.
func openFiles() map[string]string {
	names, err := os.ReadDir(fdDir)
	if err != nil {
		return nil
	}
	files := make(map[string]string)
	for _, name := range names {
		// The descriptor that read the directory is gone by now.
		if target, err := os.Readlink(filepath.Join(fdDir, name.Name())); err == nil {
			files[name.Name()] = target
		}
	}
	return files
}

// leaks tells what now has and before has not. Descriptors are counted, not compared by
// number: a number is used again as soon as it is free.
func (before inventory) leaks(now inventory) (goroutines int, files []string) {
	goroutines = max(now.goroutines-before.goroutines, 0)
	if len(now.files) <= len(before.files) {
		return goroutines, nil
	}
	for fd, target := range now.files {
		if before.files[fd] != target {
			files = append(files, fd+" = "+target)
		}
	}
	return goroutines, files
}

// compare fails t if something is left over. What is being closed is given time.
func (before inventory) compare(t *testing.T) {
	t.Helper()
	for start := time.Now(); ; runtime.Gosched() {
		n, files := before.leaks(takeInventory())
		if n == 0 && len(files) == 0 {
			return
		}
		if time.Since(start) < leakLimit {
			continue
		}
		if len(files) > 0 {
			t.Errorf("left behind: %d descriptors, among %v", len(files), files)
		}
		if n > 0 {
			t.Errorf("left behind: %d goroutines, among\n%s", n, stacks())
		}
		return
	}
}

// warmUp does what opens descriptors and starts goroutines once in the life of a
// process (the network poller, for one), so that no rule is blamed for it. It says whether
// ports work at all, and with which engine.
func warmUp(newPort func(iocp.Config) (*iocp.Port, error), w world) (engine string, err error) {
	p, err := newPort(iocp.Config{Concurrency: 1})
	if err != nil {
		return "", err
	}
	defer p.Close()
	l, err := w.listenTCP()
	if err != nil {
		return "", err
	}
	defer l.Close()
	if err := p.Associate(l, 1); err != nil {
		return "", err
	}
	return p.Engine(), warmUpWith(p, l, w.newTCPConn())
}

// warmUpWith has an accept cancelled, and a worker released because another one blocks. If
// the latter fails, that is for a rule to say (C05).
func warmUpWith(p *iocp.Port, l *iocp.TCPListener, c *iocp.TCPConn) error {
	var o op
	defer c.Close()
	if err := l.Accept(&o, c); err != nil {
		return err
	}
	if err := o.Cancel(); err != nil {
		return err
	}
	if _, err := p.Get(stepLimit); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Get(8 * watchTime())
	}()
	err := p.Post(iocp.Completion{})
	<-done
	return err
}
