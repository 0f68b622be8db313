// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// A fake runtime: the fields lie where no Go release has them.
var fake = layout{goid: 24, status: 40, m: 64, reason: 77, procid: 16, running: 12, waiting: 14, syscall: 13,
	user: [256]bool{31: true, 32: true, 33: true, 34: true, 35: true, 36: true, 37: true, 38: true, 39: true}}

var fakeReasons = map[way]byte{wayReceive: 31, waySend: 32, waySelect: 33, waySleep: 34, wayPoll: 35,
	wayMutex: 36, wayCond: 37, wayReadLock: 38, wayWriteLock: 39, wayGroup: 39}

// fakeMemory holds what the fake pointers point to.
type fakeMemory map[uintptr][]byte

func (f fakeMemory) read(addr uintptr, b []byte) error {
	if copy(b, f[addr]) == len(b) {
		return nil
	}
	return errors.New("bad address")
}

func (s *subject) put32(off uintptr, v uint32) { binary.NativeEndian.PutUint32(s.mem[off:], v) }
func (s *subject) put64(off uintptr, v uint64) { binary.NativeEndian.PutUint64(s.mem[off:], v) }

func (s *subject) putWord(off, v uintptr) {
	if unsafe.Sizeof(v) == 8 {
		s.put64(off, uint64(v))
		return
	}
	s.put32(off, uint32(v))
}

// fakeSnapshot returns what calibration would see in the fake runtime.
func fakeSnapshot() (*snapshot, fakeMemory) {
	mem := fakeMemory{}
	s := &snapshot{self: fakeSubject(100, fake.running), inSyscall: []*subject{
		fakeSubject(101, fake.syscall), fakeSubject(102, fake.syscall|scanBit)}}
	for i, sub := range s.live() {
		m := make([]byte, mWindow)
		sub.tid = 4000 + i
		binary.NativeEndian.PutUint64(m[fake.procid:], uint64(sub.tid))
		addr := uintptr(0x10000 * (i + 1))
		mem[addr] = m
		sub.putWord(fake.m, addr)
	}
	goid := uint64(200)
	for w, reason := range fakeReasons {
		for range 2 {
			sub := fakeSubject(goid, fake.waiting)
			sub.way, sub.mem[fake.reason] = w, reason
			s.parked = append(s.parked, sub)
			goid++
		}
	}
	return s, mem
}

func fakeSubject(goid uint64, status uint32) *subject {
	s := &subject{id: ID{goid: goid}}
	s.put64(fake.goid, goid)
	s.put32(fake.status, status)
	return s
}

func TestSolveFindsTheFields(t *testing.T) {
	s, mem := fakeSnapshot()
	if l, err := s.solve(mem.read); err != nil || l != fake {
		t.Errorf("solve() = %+v, %v; want %+v", l, err, fake)
	}
}

func TestSolveRefusesToGuess(t *testing.T) {
	tests := []struct {
		name, want string
		spoil      func(s *snapshot, mem fakeMemory)
	}{
		{"number twice", "2 places in the runtime's record of a goroutine could be the goroutine number",
			func(s *snapshot, _ fakeMemory) { each(s, func(sub *subject) { sub.put64(96, sub.id.goid) }) }},
		{"number nowhere", "0 places in the runtime's record of a goroutine could be the goroutine number",
			func(s *snapshot, _ fakeMemory) { s.parked[3].put64(fake.goid, 1) }},
		{"status twice", "2 places in the runtime's record of a goroutine could be the status",
			func(s *snapshot, _ fakeMemory) { each(s, func(sub *subject) { sub.put32(112, sub.u32(fake.status)) }) }},
		{"one not parked yet", "0 places in the runtime's record of a goroutine could be the status",
			func(s *snapshot, _ fakeMemory) { s.parked[5].put32(fake.status, fake.running) }},
		{"one not in read yet", "0 places in the runtime's record of a goroutine could be the status",
			func(s *snapshot, _ fakeMemory) { s.inSyscall[1].put32(fake.status, fake.running) }},
		{"status too big", "0 places in the runtime's record of a goroutine could be the status",
			func(s *snapshot, _ fakeMemory) { s.self.put32(fake.status, 256) }},
		{"status zero", "0 places in the runtime's record of a goroutine could be the status",
			func(s *snapshot, _ fakeMemory) { s.self.put32(fake.status, 0) }},
		{"thread twice", "2 places in the runtime's record of a goroutine could be the thread",
			func(s *snapshot, _ fakeMemory) {
				each(s, func(sub *subject) { sub.putWord(128, sub.word(fake.m)) })
			}},
		{"thread id twice", "2 places in the runtime's record of a goroutine could be the thread",
			func(_ *snapshot, mem fakeMemory) {
				for _, m := range mem {
					copy(m[64:72], m[fake.procid:])
				}
			}},
		{"another thread's id", "0 places in the runtime's record of a goroutine could be the thread",
			func(s *snapshot, _ fakeMemory) { s.self.tid++ }},
		{"parked with a thread", "0 places in the runtime's record of a goroutine could be the thread",
			func(s *snapshot, _ fakeMemory) { s.parked[0].putWord(fake.m, 0x10000) }},
		{"bad pointer", "0 places in the runtime's record of a goroutine could be the thread",
			func(s *snapshot, mem fakeMemory) { delete(mem, s.self.word(fake.m)) }},
		{"reason twice", "2 places in the runtime's record of a goroutine could be the wait reason",
			func(s *snapshot, _ fakeMemory) { each(s, func(sub *subject) { sub.mem[200] = sub.mem[fake.reason] }) }},
		{"one of a pair waits for something else", "0 places in the runtime's record of a goroutine could be the wait reason",
			func(s *snapshot, _ fakeMemory) { s.parked[4].mem[fake.reason] = 90 }},
		{"no reason", "0 places in the runtime's record of a goroutine could be the wait reason",
			func(s *snapshot, _ fakeMemory) { s.parked[4].mem[fake.reason], s.parked[5].mem[fake.reason] = 0, 0 }},
		{"two ways alike", "0 places in the runtime's record of a goroutine could be the wait reason",
			func(s *snapshot, _ fakeMemory) {
				each(s, func(sub *subject) {
					if sub.way == waySend {
						sub.mem[fake.reason] = fakeReasons[wayReceive]
					}
				})
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, mem := fakeSnapshot()
			test.spoil(s, mem)
			l, err := s.solve(mem.read)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v; want one with %q", err, test.want)
			}
			if l != (layout{}) {
				t.Errorf("a failure came with the layout %+v", l)
			}
		})
	}
}

func each(s *snapshot, f func(*subject)) {
	for _, sub := range s.all() {
		f(sub)
	}
}

func TestTakeReportsUnreadableMemory(t *testing.T) {
	s, _ := fakeSnapshot()
	if err := s.take(fakeMemory{}.read); err == nil || !strings.Contains(err.Error(), "bad address") {
		t.Errorf("error %v; want one about the bad address", err)
	}
}
