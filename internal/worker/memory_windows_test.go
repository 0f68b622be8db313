// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

func TestMemoryIsReadWithoutFaulting(t *testing.T) {
	mem, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer mem.close()
	page := uintptr(os.Getpagesize())
	addr, want := endOfMemory(t, page)-8, []byte("12345678")
	var n uintptr
	if err := windows.WriteProcessMemory(windows.CurrentProcess(), addr, &want[0], 8, &n); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8)
	for range 3 {
		// Wine reads as Linux's debuggers do, without regard to the protection.
		if err := mem.read(addr, make([]byte, 64)); err == nil && nt.WineVersion.Find() != nil {
			t.Error("across the end: no error")
		}
		if err := mem.read(8, make([]byte, 64)); err == nil {
			t.Error("near nil: no error")
		}
		if err := mem.read(addr, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %q, %v", got, err)
		}
	}
}

// endOfMemory returns an address with n bytes before it, and a page after it that nobody may read.
func endOfMemory(t *testing.T, n uintptr) uintptr {
	p, err := windows.VirtualAlloc(0, 2*n, windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { windows.VirtualFree(p, 0, windows.MEM_RELEASE) })
	var old uint32
	if err := windows.VirtualProtect(p+n, n, windows.PAGE_NOACCESS, &old); err != nil {
		t.Fatal(err)
	}
	return p + n
}

// The caller's own g must be that of a goroutine that runs, not of one in a system call.
func TestReaderIsSeenRunning(t *testing.T) {
	needKnown(t)
	var mem memory
	s := subject{id: Self()}
	if err := mem.read(uintptr(s.id.g), s.mem[:]); err != nil {
		t.Fatal(err)
	}
	l := learned.layout
	if status := s.u32(l.status) &^ scanBit; status != l.running || s.u64(l.goid) != s.id.goid {
		t.Errorf("status %d of goroutine %d; want %d of %d", status, s.u64(l.goid), l.running, s.id.goid)
	}
}
