// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || solaris

package sys

import "golang.org/x/sys/unix"

const getTermios = unix.TCGETS
