// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

func (sa *Sockaddr) mark(family uint8, length int) int {
	sa.raw.Addr.Len, sa.raw.Addr.Family = uint8(length), family
	return length
}
