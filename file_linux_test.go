// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestFileReadBypassesTheCacheWhenItIsCold(t *testing.T) {
	p := newPort(t)
	content := pattern(1 << 20)
	f := tempFile(t, p, content)
	o := &op{}
	ok(t, f.Sync(o))
	expect(t, p, o, 0, nil)
	rc, err := f.SyscallConn()
	ok(t, err)
	ok(t, rc.Control(func(fd uintptr) {
		ok(t, unix.Fadvise(int(fd), 0, 0, unix.FADV_DONTNEED))
	}))
	buf := make([]byte, len(content))
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, int64(len(buf)), nil)
	same(t, buf, content)
}
