// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netconn

import "testing"

func deafAddress(t *testing.T) string {
	t.Skip("an address that does not answer is made with Linux's rule for full listen queues")
	return ""
}
