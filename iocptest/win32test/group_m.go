// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"math"

	"iocp/win32"
)

var _ = group(
	rule{id: "M01", run: noLimitButMemory},
	rule{id: "M02", run: anyBatchSize},
	rule{id: "M03", run: largeTimeoutsAreFinite},
	rule{id: "M04", run: keyWidth},
	rule{id: "M06", run: manyHandles},
)

func anyBatchSize(s *scene) {
	port := s.newPort(1)
	const n = 1000
	keys := make([]uintptr, n)
	for i := range keys {
		keys[i] = uintptr(i)
		s.post(port, keys[i])
	}
	s.batch(port, 100_000, keys...)
}

func keyWidth(s *scene) {
	port := s.newPort(1)
	for shift := range 64 {
		key := uintptr(uint64(1)<<shift) | uintptr(uint64(math.MaxUint64)<<shift)
		s.post(port, key)
		s.expect(port, nil, 0, key, 0)
	}
}

func manyHandles(s *scene) {
	seen := map[win32.HANDLE]bool{}
	for range 20_000 {
		h := s.newEvent()
		s.check(!seen[h] && h&3 == 0, "handle %#x: seen %t", h, seen[h])
		seen[h] = true
	}
}
