// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import (
	"io/fs"
	"iter"
	"os"

	"iocp"
)

// What copy does for speed or exactness by Linux's own means it does here by none: a file
// is one extent, room is not made in advance, blocks are not shared, a verified copy may
// come from the cache. The copies are the same but for holes, which are filled.

const noFollow = 0 // openSource looks at what it has opened

func isSparse(fs.FileInfo) bool { return false }

func dataExtents(_ *iocp.File, size int64) iter.Seq2[extent, error] {
	return extents(nil, size, false)
}

func allocate(*iocp.File, int64) error { return nil }

type cloner struct{}

func (*cloner) clone(_, _ *iocp.File, _ fs.FileInfo) bool { return false }

func openPlain(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

func dropCache(*iocp.File) {}

// sameOwner is never sure here, so the bits that lend rights are dropped.
func sameOwner(_, _ fs.FileInfo) bool { return false }

func setLinkTimes(string, fs.FileInfo) error { return nil }
