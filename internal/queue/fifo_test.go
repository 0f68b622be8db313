// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

// checkFifo runs a program on a fifo and on a slice: a byte below 128 pushes that many packets
// modulo 16, others pop, or fill the room behind the last packet.
func checkFifo(t *testing.T, program []byte) {
	var f fifo[*int]
	var want []*int
	number := 0
	next := func() *int { n := number; number++; return &n }
	for i, op := range program {
		arg := int(op & 31)
		switch {
		case op < 128:
			for range arg % 16 {
				k := next()
				f.push(k)
				want = append(want, k)
			}
		case op < 224:
			dst := make([]*int, arg)
			n := f.pop(dst)
			if n != min(arg, len(want)) || !slices.Equal(dst[:n], want[:n]) {
				t.Fatalf("step %d: pop(%d) gave %d packets, or others than came first", i, arg, n)
			}
			want = want[n:]
		default:
			room := f.room()
			if len(room) == 0 {
				t.Fatalf("step %d: no room", i)
			}
			for j := range min(arg, len(room)) {
				room[j] = next()
				want = append(want, room[j])
				f.n++
			}
		}
		if f.n != len(want) {
			t.Fatalf("step %d: %d packets, want %d", i, f.n, len(want))
		}
		checkForgotten(t, &f)
	}
}

// checkForgotten: slots without a packet must keep nothing alive.
func checkForgotten(t *testing.T, f *fifo[*int]) {
	used := 0
	for _, k := range f.buf {
		if k != nil {
			used++
		}
	}
	if used != f.n {
		t.Fatalf("%d slots of the ring are used for %d packets", used, f.n)
	}
	if n := len(f.buf); n&(n-1) != 0 {
		t.Fatalf("the ring has %d slots, which is no power of two", n)
	}
}

func TestFifoGrowsWhileWrapped(t *testing.T) {
	wrapped := []byte{15, 15, 15, 15, 128 + 31, 128 + 20, 15, 15, 15}
	checkFifo(t, append(wrapped, slices.Repeat([]byte{15, 255, 128 + 3}, 200)...))
}

func TestFifoRoomStopsAtTheOldestPacket(t *testing.T) {
	checkFifo(t, []byte{15, 15, 15, 15, 128 + 31, 255, 255, 255, 255, 128 + 31, 128 + 31, 128 + 31})
}

func TestFifoOfNothing(t *testing.T) {
	var f fifo[int]
	if n := f.pop(make([]int, 4)); n != 0 {
		t.Fatalf("popped %d packets", n)
	}
}

func FuzzFifo(f *testing.F) {
	f.Add([]byte{15, 128 + 31, 255, 15, 15, 15, 15, 15, 128 + 7})
	f.Add(slices.Repeat([]byte{15, 128 + 7, 230}, 40))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 1<<12 {
			t.Skip("long programs find nothing that short ones do not")
		}
		checkFifo(t, program)
	})
}

func TestLockExcludes(t *testing.T) {
	var l Lock
	var wg sync.WaitGroup
	n, rounds := 0, 20000
	for range 4 {
		wg.Go(func() {
			for i := range rounds {
				if i&7 != 0 || !l.TryLock() {
					l.Lock()
				}
				n++
				if i&1023 == 0 {
					runtime.Gosched() // the holder loses its processor
				}
				l.Unlock()
			}
		})
	}
	wg.Wait()
	if n != 4*rounds {
		t.Fatalf("counted %d, want %d", n, 4*rounds)
	}
	if l.Lock(); l.TryLock() {
		t.Fatal("TryLock took a lock that is held")
	}
}
