// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)

package worker

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// obstacles is one of everything that a goroutine can wait for. Each takes one goroutine:
// a second writer, for instance, waits for the first one's mutex and gives another reason.
type obstacles struct {
	quit, full  chan struct{} // nobody sends to quit; nobody receives from full
	mutex       sync.Mutex    // locked
	writeLocked sync.RWMutex  // keeps a reader out
	readLocked  sync.RWMutex  // keeps a writer out
	group       sync.WaitGroup
	cond        sync.Cond
	open        bool     // what cond is about
	pollR       *os.File // an empty pipe in the runtime's poller
	pollW       *os.File
	plain       [2]int // an empty pipe whose read(2) blocks a thread
}

func newObstacles() (*obstacles, error) {
	o := &obstacles{quit: make(chan struct{}), full: make(chan struct{})}
	o.cond.L = new(sync.Mutex)
	if err := unix.Pipe2(o.plain[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe2: %w", err)
	}
	var err error
	if o.pollR, o.pollW, err = os.Pipe(); err != nil {
		unix.Close(o.plain[0])
		unix.Close(o.plain[1])
		return nil, err
	}
	o.mutex.Lock()
	o.writeLocked.Lock()
	o.readLocked.RLock()
	o.group.Add(1)
	return o, nil
}

// ways returns, for every way of parking, what parks a goroutine until remove is called.
func (o *obstacles) ways() map[way]func() {
	return map[way]func(){
		wayReceive:   func() { <-o.quit },
		waySend:      func() { o.full <- struct{}{} },
		waySelect:    o.selects,
		waySleep:     o.sleep,
		wayPoll:      func() { o.pollR.Read(make([]byte, 1)) },
		wayMutex:     func() { o.mutex.Lock(); defer o.mutex.Unlock() },
		wayCond:      o.waitOpen,
		wayReadLock:  func() { o.writeLocked.RLock(); defer o.writeLocked.RUnlock() },
		wayWriteLock: func() { o.readLocked.Lock(); defer o.readLocked.Unlock() },
		wayGroup:     o.group.Wait,
	}
}

func (o *obstacles) selects() {
	never := make(chan struct{})
	select {
	case <-o.quit:
	case <-never:
	}
}

// longestSleep is how long a subject may keep the end of a calibration waiting.
const longestSleep = 250 * time.Millisecond

// sleep sleeps over and over, since nothing ends a sleep early. It begins short, to be done
// with soon. Where goroutines wait long for a CPU it would be found awake most of the time,
// so each sleep is meant to be twice as long as the last one and the wait after it.
func (o *obstacles) sleep() {
	for d := time.Millisecond; ; {
		select {
		case <-o.quit:
			return
		default:
		}
		begin := time.Now()
		time.Sleep(d)
		d = min(2*time.Since(begin), longestSleep)
	}
}

func (o *obstacles) waitOpen() {
	o.cond.L.Lock()
	defer o.cond.L.Unlock()
	for !o.open {
		o.cond.Wait()
	}
}

// blockInRead blocks the calling goroutine's thread in read(2).
func (o *obstacles) blockInRead() {
	var b [1]byte
	for {
		if _, err := unix.Read(o.plain[0], b[:]); err != unix.EINTR {
			return
		}
	}
}

// remove lets everybody go. The thread in read(2) gets its byte rather than the end of file:
// a child between fork and exec may hold the other end of the pipe open.
func (o *obstacles) remove() {
	close(o.quit)
	<-o.full
	o.mutex.Unlock()
	o.writeLocked.Unlock()
	o.readLocked.RUnlock()
	o.group.Done()
	o.cond.L.Lock()
	o.open = true
	o.cond.L.Unlock()
	o.cond.Broadcast()
	unix.Write(o.plain[1], []byte{0})
	o.pollW.Write([]byte{0})
}

// close releases the descriptors, which nobody may be using any more.
func (o *obstacles) close() {
	o.pollR.Close()
	o.pollW.Close()
	unix.Close(o.plain[0])
	unix.Close(o.plain[1])
}
