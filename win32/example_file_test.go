// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"unsafe"

	"iocp/win32"
)

// A part of a file that is being read, with the OVERLAPPED first: so the packet leads back to it.
type part struct {
	win32.OVERLAPPED
	buf []byte
}

// A file is read in parts, all at once. The packets come in any order, and each part knows where
// it belongs.
func ExampleCreateFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	name := filepath.Join(dir, "file")
	os.WriteFile(name, []byte("the quick brown fox"), 0o666)
	defer os.Remove(dir)
	defer os.Remove(name)

	file, err := win32.CreateFile(name, win32.GENERIC_READ, win32.FILE_SHARE_READ, win32.OPEN_EXISTING, win32.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer win32.CloseHandle(file)
	port, err := win32.CreateIoCompletionPort(file, 0, 1, 0) // a new port, and the association
	if err != nil {
		log.Fatal(err)
	}
	defer win32.CloseHandle(port)

	const size = 8
	pending := 0
	for off := uint32(0); off < 24; off += size {
		p := &part{buf: make([]byte, size)}
		p.Offset = off
		if err := win32.ReadFile(file, p.buf, nil, &p.OVERLAPPED); err != nil && err != win32.ERROR_IO_PENDING {
			log.Fatal(err)
		}
		pending++ // also for what was done at once
	}
	text := make([]byte, 24)
	total := 0
	for ; pending > 0; pending-- {
		var n uint32
		var key uintptr
		var ov *win32.OVERLAPPED
		if err := win32.GetQueuedCompletionStatus(port, &n, &key, &ov, win32.INFINITE); err != nil {
			log.Fatal(err)
		}
		p := (*part)(unsafe.Pointer(ov))
		total += copy(text[p.Offset:], p.buf[:n])
	}
	fmt.Printf("%d bytes: %s\n", total, text[:total])
	// Output: 19 bytes: the quick brown fox
}
