// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"
)

// patience is how often a step is tried: for half a second on an idle machine, where it takes
// some hundred microseconds, and for longer where goroutines wait long for a CPU.
const patience = 500

// calibration is one attempt to learn the layout.
type calibration struct {
	read     reader
	patience int // how often each step is tried
	subjects snapshot
	courses  [2]*obstacles
	alive    atomic.Int32 // subjects that have not left
	awaiting func()       // a test's, before a first outcome is confirmed
}

// calibrate learns the layout.
func calibrate() (layout, error) {
	mem, err := openMemory()
	if err != nil {
		return layout{}, err
	}
	defer mem.close()
	c := calibration{read: mem.read, patience: patience}
	return c.run()
}

// run parks the subjects, learns from them and sees them off. The calling goroutine is one
// of them, and stays on one thread so that its thread id is known.
func (c *calibration) run() (layout, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := c.begin(); err != nil {
		return layout{}, err
	}
	l, err := c.learn()
	if err2 := c.end(); err == nil {
		err = err2
	}
	if err == nil {
		l.dead, err = c.learnDead(l)
	}
	if err == nil {
		err = c.seeOff(l)
	}
	if err != nil {
		return layout{}, err
	}
	return l, nil
}

// begin sets up the two courses and starts the subjects.
func (c *calibration) begin() error {
	goid, ok := printedGoid()
	if !ok {
		return errors.New("runtime.Stack prints no goroutine number")
	}
	c.subjects.self = &subject{id: ID{getg(), goid}, tid: threadID()}
	for i := range c.courses {
		o, err := newObstacles()
		if err != nil {
			c.closeCourses()
			return err
		}
		c.courses[i] = o
	}
	c.start()
	return nil
}

// start starts a subject for every way of parking on each course, and one that blocks its thread. Those
// of the second course park deeper in their stacks, and its receiver is locked to a thread,
// so that neither stack pointers nor the records of locked threads pass for something else.
func (c *calibration) start() {
	started := make(chan *subject)
	n := 0
	for i, o := range c.courses {
		for w, park := range o.ways() {
			go c.serve(w, i == 1 && w == wayReceive, func() { deeper(3*i, park) }, started)
			n++
		}
		go c.serve("", true, o.kernel.blockThread, started)
		n++
	}
	for range n {
		if s := <-started; s.way == "" {
			c.subjects.inSyscall = append(c.subjects.inSyscall, s)
		} else {
			c.subjects.parked = append(c.subjects.parked, s)
		}
	}
}

// serve is the life of a subject: it says who it is and parks.
func (c *calibration) serve(w way, locked bool, park func(), started chan<- *subject) {
	c.alive.Add(1)
	defer c.alive.Add(-1)
	s := &subject{way: w}
	if locked {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		s.tid = threadID()
	}
	s.id.goid, _ = printedGoid()
	s.id.g = getg()
	started <- s
	park()
}

// deeper calls f from n frames further down the stack.
//
//go:noinline
func deeper(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deeper(n-1, f)
}

// learn looks until it has seen all subjects where they park; the first looks find some on
// their way. One may wait there, too, and another that parks in the same way with it: what
// allocates may have to wait for a garbage collection to be started, and that gives a reason of its
// own. So what was seen must be seen again after as long a time as it took to see it.
func (c *calibration) learn() (l layout, err error) {
	var last layout
	begin := time.Now()
	agreed := retry(c.patience, func() bool {
		if l, err = c.look(); err != nil || l == last {
			return err == nil
		}
		last = l
		c.await(time.Since(begin))
		return false
	})
	if err == nil && !agreed {
		err = errors.New("what goroutines wait for changes while they wait")
	}
	return l, err
}

// await waits for d, within bounds.
func (c *calibration) await(d time.Duration) {
	if c.awaiting != nil {
		c.awaiting()
	}
	doze(max(shortestWait, min(d, longestWait)))
}

const shortestWait, longestWait = 200 * time.Microsecond, 50 * time.Millisecond

// look takes two snapshots at once and returns the layout that solves both. They are taken
// without a pause, so that on a busy machine nobody gets the time to wander off between them.
func (c *calibration) look() (l layout, err error) {
	var last layout
	for i := range 2 {
		if err := c.subjects.take(c.read); err != nil {
			return layout{}, err
		}
		if l, err = c.subjects.solve(c.read); err != nil {
			return layout{}, err
		}
		if i > 0 && l != last {
			return layout{}, errors.New("two looks at the runtime's record of a goroutine disagree")
		}
		last = l
	}
	return l, nil
}

// end removes the obstacles and waits for the subjects to go, with more patience than the
// rest since it may take longestSleep. If one is still there then, it may yet be about to
// read from a descriptor, and the descriptors are left open.
func (c *calibration) end() error {
	for _, o := range c.courses {
		o.remove()
	}
	if !retry(2*patience, func() bool { return c.alive.Load() == 0 }) {
		return errors.New("a goroutine that was started to learn from it did not end in time")
	}
	c.closeCourses()
	return nil
}

func (c *calibration) closeCourses() {
	for _, o := range c.courses {
		if o != nil {
			o.kernel.close()
		}
	}
}

// learnDead learns the status of goroutines that have ended: the subjects, or others started
// for it if most of the subjects' g structures have already gone to other goroutines.
func (c *calibration) learnDead(l layout) (uint32, error) {
	var ids []ID
	for _, s := range append(c.subjects.parked, c.subjects.inSyscall...) {
		ids = append(ids, s.id)
	}
	ended := true
	for round := 0; ended && round < 50; round++ {
		if dead, ok := c.witness(l, ids); ok {
			return dead, nil
		}
		ids, ended = c.shortLived()
	}
	return 0, errors.New("goroutines that have ended do not agree on a status")
}

// shortLived returns goroutines that have ended or are just about to; false if some did not
// even begin in time.
func (c *calibration) shortLived() ([]ID, bool) {
	ids := make([]ID, 8)
	var ended atomic.Int32
	for i := range ids {
		go func() {
			goid, _ := printedGoid()
			ids[i] = ID{getg(), goid}
			ended.Add(1)
		}()
	}
	return ids, retry(c.patience, func() bool { return int(ended.Load()) == len(ids) })
}

// witness returns the status that goroutines have which ended, once two looks in a row agree.
func (c *calibration) witness(l layout, ids []ID) (dead uint32, ok bool) {
	for range 8 {
		v, ok := c.agreed(l, ids)
		if ok && v == dead {
			return dead, true
		}
		dead = v
		pause(sleepy)
	}
	return 0, false
}

// agreed returns the status that ids have in common. A g that serves another goroutine tells
// nothing; three of the rest must agree, on a status that no living goroutine was seen with.
func (c *calibration) agreed(l layout, ids []ID) (uint32, bool) {
	var status uint32
	votes := 0
	for _, id := range ids {
		s := subject{id: id}
		if c.read(uintptr(id.g), s.mem[:]) != nil {
			return 0, false
		}
		if s.u64(l.goid) != id.goid {
			continue
		}
		v := s.u32(l.status) &^ scanBit
		if votes > 0 && v != status {
			return 0, false
		}
		status, votes = v, votes+1
	}
	alive := status == l.running || status == l.waiting || status == l.syscall
	if votes < 3 || alive || status == 0 || status > maxStatus {
		return 0, false
	}
	return status, true
}

// seeOff waits until every subject has ended according to the new layout, which is also the
// proof of it.
func (c *calibration) seeOff(l layout) error {
	for _, s := range append(c.subjects.parked, c.subjects.inSyscall...) {
		gone := func() bool {
			return c.read(uintptr(s.id.g), s.mem[:]) == nil &&
				(s.u64(l.goid) != s.id.goid || s.u32(l.status)&^scanBit == l.dead)
		}
		if !retry(c.patience, gone) {
			return errors.New("a goroutine that has ended does not look like one")
		}
	}
	return nil
}

// retry calls f until it returns true, but at most so many times, and reports whether it did.
func retry(times int, f func() bool) bool {
	for try := range times {
		if f() {
			return true
		}
		pause(try)
	}
	return false
}

// sleepy is the number of tries after which pause begins to sleep.
const sleepy = 8

// pause lets other goroutines run: at first those that are ready, then, for at most about a
// millisecond, those that wait for something too.
func pause(try int) {
	runtime.Gosched()
	if try >= sleepy {
		doze(min(time.Duration(try)*10*time.Microsecond, time.Millisecond))
	}
}
