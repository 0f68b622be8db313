// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !darwin && (!linux || iocp_libc)

package sys

// quiet: MSG_NOSIGNAL does it, with every send.
func quiet(int) {}

func sendNow(_ int32, send func() (int, error)) (int, error) { return send() }
