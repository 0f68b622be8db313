// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker

import (
	"sync"
	"time"
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
	open        bool // what cond is about
	kernel      kernelObstacles
}

func newObstacles() (*obstacles, error) {
	o := &obstacles{quit: make(chan struct{}), full: make(chan struct{})}
	o.cond.L = new(sync.Mutex)
	if err := o.kernel.open(); err != nil {
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
		wayPoll:      func() { o.kernel.polled.Read(make([]byte, 1)) },
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

// remove lets everybody go.
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
	o.kernel.remove()
}
