// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import "syscall"

var cures = []cure{
	{syscall.EADDRINUSE, addressInUse},
	{syscall.EADDRNOTAVAIL, noSuchAddress},
	{syscall.ENOSPC, deviceFull},
	{syscall.EDQUOT, overQuota},
	{syscall.EROFS, "the file system is mounted read-only: choose another target or remount it"},
	{syscall.EMFILE, "raise the limit on open files: ulimit -n"},
	{syscall.ENFILE, "raise the system's limit on open files: sysctl fs.file-max"},
	{syscall.ENAMETOOLONG, shorterName},
	{syscall.EIO, deviceFailed},
}

const reservedPort = "choose a port above 1023 with -addr, or run with CAP_NET_BIND_SERVICE"
