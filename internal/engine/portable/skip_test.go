// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix && !iocp_libc && !darwin && !openbsd && !solaris

package portable

// skip is nothing: the suite has no test that this engine does not pass.
var skip map[string]string
