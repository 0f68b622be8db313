// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package main

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

// noDirect is the error of open(2) on a file system without direct I/O.
const noDirect = syscall.EINVAL

func rename(from, to string) error { return os.Rename(from, to) }

func accessTime(info fs.FileInfo) time.Time { return info.ModTime() }
