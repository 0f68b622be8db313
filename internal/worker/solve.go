// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

const (
	wordSize = unsafe.Sizeof(uintptr(0))
	gWindow  = 256 // bytes of a g that are searched; what we want ends at 177 in Go 1.26
	mWindow  = 192 // bytes of an m that are searched; what we want ends at 72 in Go 1.26

	maxStatus = 255 // the runtime numbers statuses and wait reasons from zero: real ones are
	maxReason = 127 // small, which tells them from parts of pointers
)

// subject is a goroutine of whom calibration knows what it is doing.
type subject struct {
	id  ID
	tid int           // its OS thread if it is locked to one, else 0
	way way           // how it is parked
	mem [gWindow]byte // its g in the last snapshot
}

func (s *subject) u32(off uintptr) uint32 { return binary.NativeEndian.Uint32(s.mem[off:]) }
func (s *subject) u64(off uintptr) uint64 { return binary.NativeEndian.Uint64(s.mem[off:]) }

func (s *subject) word(off uintptr) uintptr {
	if wordSize == 8 {
		return uintptr(s.u64(off))
	}
	return uintptr(s.u32(off))
}

// way is a way of waiting that calibration puts goroutines into.
type way string

const (
	wayReceive   way = "receive"
	waySend      way = "send"
	waySelect    way = "select"
	waySleep     way = "sleep"
	wayPoll      way = "network poller"
	wayMutex     way = "mutex"
	wayCond      way = "condition variable"
	wayReadLock  way = "read lock"
	wayWriteLock way = "write lock"
	wayGroup     way = "wait group"
)

// distinctWays have had wait reasons of their own in every Go release looked at. The other
// ways count as the program's doing as well, but releases differ in how they name them.
var distinctWays = []way{wayReceive, waySend, waySelect, waySleep, wayPoll, wayMutex, wayCond}

// reader copies len(b) bytes at addr into b, and fails rather than faults if it cannot.
type reader func(addr uintptr, b []byte) error

// snapshot is a set of subjects whose g structures were copied at about the same time.
// Each way of parking has two subjects: goroutines that park alike must look alike, even with
// different stacks, and a single one that was caught in an unusual wait (an allocation that
// had to assist the garbage collector on the way) spoils the attempt instead of the result.
type snapshot struct {
	self      *subject   // the one that takes the snapshot: running
	parked    []*subject // waiting, at least one of them locked to a thread
	inSyscall []*subject // blocked in a system call, locked to threads
}

func (s *snapshot) all() []*subject {
	return append(append([]*subject{s.self}, s.parked...), s.inSyscall...)
}

// live returns the subjects that occupy a thread.
func (s *snapshot) live() []*subject { return append([]*subject{s.self}, s.inSyscall...) }

// take copies the g of every subject.
func (s *snapshot) take(read reader) error {
	for _, sub := range s.all() {
		if err := read(uintptr(sub.id.g), sub.mem[:]); err != nil {
			return fmt.Errorf("the memory of a goroutine cannot be read: %w", err)
		}
	}
	return nil
}

// solve returns the one layout that explains the snapshot, all but the value of "dead". An
// error may mean that some subject is not yet where it is going: try again.
func (s *snapshot) solve(read reader) (layout, error) {
	var l layout
	if err := s.findGoid(&l); err != nil {
		return layout{}, err
	}
	if err := s.findStatus(&l); err != nil {
		return layout{}, err
	}
	if err := s.findThread(&l, read); err != nil {
		return layout{}, err
	}
	if err := s.findReason(&l); err != nil {
		return layout{}, err
	}
	return l, nil
}

// findGoid looks for the word that is everybody's goroutine number.
func (s *snapshot) findGoid(l *layout) (err error) {
	l.goid, err = only("the goroutine number", wordSize, gWindow-8, func(off uintptr) bool {
		for _, sub := range s.all() {
			if sub.u64(off) != sub.id.goid {
				return false
			}
		}
		return true
	})
	return err
}

// findStatus looks for the small number that depends on nothing but what a subject does.
func (s *snapshot) findStatus(l *layout) (err error) {
	l.status, err = only("the status", 4, gWindow-4, func(off uintptr) bool {
		r, rok := common([]*subject{s.self}, off)
		w, wok := common(s.parked, off)
		c, cok := common(s.inSyscall, off)
		return rok && wok && cok && r != w && r != c && w != c
	})
	if err != nil {
		return err
	}
	l.running, _ = common([]*subject{s.self}, l.status)
	l.waiting, _ = common(s.parked, l.status)
	l.syscall, _ = common(s.inSyscall, l.status)
	return nil
}

// common returns the status that all subs have if it is at off, and whether it may be one.
func common(subs []*subject, off uintptr) (uint32, bool) {
	v := subs[0].u32(off) &^ scanBit
	for _, sub := range subs {
		if sub.u32(off)&^scanBit != v {
			return 0, false
		}
	}
	return v, v != 0 && v <= maxStatus
}

// findThread looks for g.m and m.procid: a pointer that is nil unless the goroutine occupies
// a thread, and leads to that thread's id. A locked thread's record (g.lockedm) is excluded
// by the parked subject that is locked.
func (s *snapshot) findThread(l *layout, read reader) error {
	found := 0
	for off := uintptr(0); off <= gWindow-wordSize; off += wordSize {
		if !s.pointsToThread(off) {
			continue
		}
		for _, procid := range s.findProcid(off, read) {
			l.m, l.procid = off, procid
			found++
		}
	}
	return exactlyOne("the thread", found)
}

// pointsToThread reports whether off holds nil in the parked and a pointer in the live.
func (s *snapshot) pointsToThread(off uintptr) bool {
	for _, sub := range s.parked {
		if sub.word(off) != 0 {
			return false
		}
	}
	for _, sub := range s.live() {
		if p := sub.word(off); p == 0 || p%wordSize != 0 {
			return false
		}
	}
	return true
}

// findProcid returns the offsets at which what the word at off points to has the thread id
// of every live subject. A word that is no pointer has none: it cannot be read.
func (s *snapshot) findProcid(off uintptr, read reader) []uintptr {
	live := s.live()
	mem := make([][mWindow]byte, len(live))
	for i, sub := range live {
		if read(sub.word(off), mem[i][:]) != nil {
			return nil
		}
	}
	var found []uintptr
	for procid := uintptr(0); procid <= mWindow-8; procid += wordSize {
		fits := true
		for i, sub := range live {
			fits = fits && binary.NativeEndian.Uint64(mem[i][procid:]) == uint64(sub.tid)
		}
		if fits {
			found = append(found, procid)
		}
	}
	return found
}

// findReason looks for the byte that depends on the way of parking alone, and is another one
// for each of distinctWays. Its values become the wait reasons that mean blocked.
func (s *snapshot) findReason(l *layout) (err error) {
	l.reason, err = only("the wait reason", 1, gWindow-1, func(off uintptr) bool {
		by, ok := s.reasons(off)
		return ok && distinct(by)
	})
	if err != nil {
		return err
	}
	by, _ := s.reasons(l.reason)
	for _, reason := range by {
		l.user[reason] = true
	}
	return nil
}

// reasons returns the byte at off by way of parking; false if it is not the same for all who
// park in one way, or cannot be a wait reason.
func (s *snapshot) reasons(off uintptr) (map[way]byte, bool) {
	by := make(map[way]byte)
	for _, sub := range s.parked {
		b := sub.mem[off]
		if first, seen := by[sub.way]; seen && first != b || b == 0 || b > maxReason {
			return nil, false
		}
		by[sub.way] = b
	}
	return by, true
}

func distinct(by map[way]byte) bool {
	seen := make(map[byte]bool)
	for _, w := range distinctWays {
		b, ok := by[w]
		if !ok || seen[b] {
			return false
		}
		seen[b] = true
	}
	return true
}

// only returns the single multiple of step in [0, last] that fits.
func only(what string, step, last uintptr, fits func(off uintptr) bool) (uintptr, error) {
	found, at := 0, uintptr(0)
	for off := uintptr(0); off <= last; off += step {
		if fits(off) {
			found, at = found+1, off
		}
	}
	return at, exactlyOne(what, found)
}

// exactlyOne turns the number of places found into an error unless it is one: with several,
// taking any of them would be a guess.
func exactlyOne(what string, found int) error {
	if found == 1 {
		return nil
	}
	return fmt.Errorf("%d places in the runtime's record of a goroutine could be %s; "+
		"exactly one would do", found, what)
}
