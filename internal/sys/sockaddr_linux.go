// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

// sizeofFamily is sizeof(sa_family_t), which is all that AF_UNSPEC needs: connect(2).
const sizeofFamily = 2

// Clear writes AF_UNSPEC.
func (sa *Sockaddr) Clear() (length int) {
	*sa = Sockaddr{}
	return sizeofFamily
}

func (sa *Sockaddr) mark(family uint16, length int) int {
	sa.raw.Addr.Family = family
	return length
}
