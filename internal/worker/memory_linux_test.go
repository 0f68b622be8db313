// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"errors"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestMemoryIsReadWithoutFaulting(t *testing.T) {
	mem, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer mem.close()
	page := unix.Getpagesize()
	// Two pages, of which the second is gone: reads that begin near the end of the first
	// fail half way, which must not disturb the next one.
	pages, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(pages)
	copy(pages[page-8:], "12345678")
	addr := uintptr(unsafe.Pointer(&pages[page-8]))
	if err := unix.Mprotect(pages[page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8)
	for range 3 {
		if err := mem.read(addr, make([]byte, 64)); !errors.Is(err, unix.EFAULT) {
			t.Errorf("across the end: error %v, want %v", err, unix.EFAULT)
		}
		if err := mem.read(8, make([]byte, 64)); !errors.Is(err, unix.EFAULT) {
			t.Errorf("near nil: error %v, want %v", err, unix.EFAULT)
		}
		if err := mem.read(addr, got); err != nil || !bytes.Equal(got, []byte("12345678")) {
			t.Errorf("read %q, %v", got, err)
		}
	}
}
