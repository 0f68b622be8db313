// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "A01", run: createOnly},
	rule{id: "A02", run: keyIgnoredWhenOnlyCreating},
)

func createOnly(s *scene) {
	h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 1)
	s.must(err, "creating a port")
	s.check(h != 0 && h != win32.INVALID_HANDLE_VALUE, "the handle is %#x", h)
	s.empty(h)
	s.close(h)
}

func keyIgnoredWhenOnlyCreating(s *scene) {
	for _, key := range []uintptr{0, 1, ^uintptr(0)} {
		h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, key, 1)
		s.must(err, "creating a port with a key")
		s.must(win32.PostQueuedCompletionStatus(h, 1, 2, nil), "posting")
		s.expect(h, nil, 1, 2, 0)
		s.close(h)
	}
}
