// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import (
	"path/filepath"
	"syscall"
)

// localName turns a slash-separated name into one of this system, and fails if no file can have it.
func localName(name string) (string, error) { return filepath.Localize(name) }

// nameErrors are those of names that no file has or can have.
var nameErrors = []syscall.Errno{syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EINVAL}
