// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package portable

// sockNonblock is none: accept(2) takes no flags here.
const sockNonblock = 0
