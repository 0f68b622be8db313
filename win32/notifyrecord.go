// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"encoding/binary"
	"unicode/utf16"
)

// change is one thing that happened.
type change struct {
	action uint32 // FILE_ACTION_...
	name   string // relative to the watched directory
}

// notifyRecords are changes in the form of FILE_NOTIFY_INFORMATION.
type notifyRecords struct {
	limit int // of bytes
	bytes []byte
	last  int // where the last record begins
	names []uint16
}

// recordHead is the size of a record without its name (O15).
const recordHead = 12

func (r *notifyRecords) empty() bool { return len(r.bytes) == 0 }

// add appends c. If there is no room, everything is dropped and the result false: who has not
// heard of all has to look for himself (G18).
func (r *notifyRecords) add(c change) bool {
	r.names = r.names[:0]
	for _, letter := range c.name {
		r.names = utf16.AppendRune(r.names, letter)
	}
	start := (len(r.bytes) + 3) &^ 3
	if start+recordHead+2*len(r.names) > r.limit {
		r.bytes = r.bytes[:0]
		return false
	}
	if !r.empty() {
		binary.NativeEndian.PutUint32(r.bytes[r.last:], uint32(start-r.last))
		r.bytes = append(r.bytes, "\x00\x00\x00"[:start-len(r.bytes)]...)
	}
	r.last = start
	r.bytes = binary.NativeEndian.AppendUint32(r.bytes, 0)
	r.bytes = binary.NativeEndian.AppendUint32(r.bytes, c.action)
	r.bytes = binary.NativeEndian.AppendUint32(r.bytes, uint32(2*len(r.names)))
	for _, unit := range r.names {
		r.bytes = binary.NativeEndian.AppendUint16(r.bytes, unit)
	}
	return true
}

// take moves all records to buf and reports whether they fit; they are gone in any case.
func (r *notifyRecords) take(buf []byte) (int, bool) {
	n := len(r.bytes)
	r.bytes = r.bytes[:0]
	if n > len(buf) {
		return 0, false
	}
	return copy(buf, r.bytes[:n]), true
}
