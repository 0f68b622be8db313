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
				f.added(1)
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
	for b := f.head; b != nil; b = b.next {
		for _, k := range b.slots {
			if k != nil {
				used++
			}
		}
	}
	if used != f.n {
		t.Fatalf("%d slots are used for %d packets", used, f.n)
	}
	for b := f.spare; b != nil; b = b.next {
		if b.slots != [blockSize]*int{} {
			t.Fatal("a spare block holds packets")
		}
	}
}

func TestFifoGoesThroughBlocks(t *testing.T) {
	checkFifo(t, slices.Repeat([]byte{15, 15, 255, 128 + 3}, 200))
	checkFifo(t, slices.Repeat([]byte{15, 128 + 31, 255, 128 + 31}, 200))
	checkFifo(t, append(slices.Repeat([]byte{15}, 100), slices.Repeat([]byte{128 + 31, 128 + 1, 14}, 200)...))
}

func TestFifoRoomMayBeLeftEmpty(t *testing.T) {
	for n := range 2*blockSize + 2 {
		var f fifo[int]
		for i := range n {
			f.push(i)
		}
		f.room()
		f.room()
		f.push(n)
		for i := range n + 1 {
			var k int
			if f.popOne(&k); k != i {
				t.Fatalf("of %d packets, the one at %d is %d", n+1, i, k)
			}
		}
	}
}

func TestFifoUsesBlocksAgain(t *testing.T) {
	var f fifo[int]
	round := func() {
		for i := range 5 * blockSize {
			f.push(i)
		}
		f.popAll(make([]int, f.n))
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 1 { // that of the test
		t.Errorf("%v allocations for packets that there was room for before", n)
	}
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
