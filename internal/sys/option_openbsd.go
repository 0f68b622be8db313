// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import "golang.org/x/sys/unix"

// systemOption: the times of probes are the system's alone.
func systemOption(_ int32, o Option) optionName {
	if o == Protocol {
		return optionName{unix.SOL_SOCKET, unix.SO_PROTOCOL}
	}
	return optionName{}
}
