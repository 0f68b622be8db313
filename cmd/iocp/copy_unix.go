// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import (
	"io/fs"
	"os"
)

// sameName returns the same for all spellings of a name that mean one file. Whether letters differ by their case is
// up to the file system here.
func sameName(name string) string { return name }

// makeLink makes a link like the one that looks like like.
func makeLink(to, name string, _ fs.FileInfo) error { return os.Symlink(to, name) }
