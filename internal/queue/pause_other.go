// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 && !386 && !arm64

package queue

// pause passes the time of about n spin-loop hints; this architecture has none that the
// assembler knows.
//
//go:noinline
func pause(n uint32) {
	for i := n; i > 0; i-- {
	}
}
