// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"testing"
	"unsafe"
)

// On 32 bits, too, where C rounds the one up to the size of its LARGE_INTEGER.
func TestLayoutIsTheDrivers(t *testing.T) {
	var p AFDPoll
	if SizeofAFDPoll != 32 || unsafe.Offsetof(p.Events) != 16+unsafe.Sizeof(uintptr(0)) {
		t.Errorf("AFD_POLL_INFO has %d bytes, events at %d", SizeofAFDPoll, unsafe.Offsetof(p.Events))
	}
	if n, want := unsafe.Sizeof(Entry{}), 4*unsafe.Sizeof(uintptr(0)); n != want {
		t.Errorf("OVERLAPPED_ENTRY has %d bytes, want %d", n, want)
	}
}
