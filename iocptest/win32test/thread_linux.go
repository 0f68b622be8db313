// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"bytes"
	"fmt"
	"runtime"
)

// threadID returns the number of the calling goroutine, which is what is a thread here.
func threadID() (id int) {
	buf := make([]byte, 64)
	fmt.Sscanf(string(buf[:runtime.Stack(buf, false)]), "goroutine %d ", &id)
	return id
}

// sleeping reports whether the goroutine waits for something that comes from outside: what the
// runtime prints in brackets behind its number.
func sleeping(id int) bool {
	buf := make([]byte, 1<<18)
	all := append([]byte("\n\n"), buf[:runtime.Stack(buf, true)]...)
	_, rest, found := bytes.Cut(all, fmt.Appendf(nil, "\n\ngoroutine %d ", id))
	if !found {
		return false
	}
	open, end := bytes.IndexByte(rest, '['), bytes.IndexByte(rest, ']')
	if open < 0 || end < open {
		return false
	}
	state, _, _ := bytes.Cut(rest[open+1:end], []byte(","))
	switch string(state) {
	case "chan receive", "select", "IO wait":
		return true
	}
	return false
}
