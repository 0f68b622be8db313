// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sim

// msgDontWait: this system has no such flag.
const msgDontWait = 0
