// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

func (sa *Sockaddr) mark(family uint16, length int) int {
	sa.raw.Addr.Family = family
	return length
}
