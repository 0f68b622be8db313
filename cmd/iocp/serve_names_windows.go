// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

var errName = errors.New("no file has such a name")

// localName turns a slash-separated name into one of this system, and fails if no file can have it.
//
// Windows would find files by more names than they have: it takes "\" for a separator, ":" for the end of the name of a
// drive or of a file whose streams follow, NUL for a device in every folder ([filepath.Localize] refuses these), and cuts
// dots and spaces off the end. Who guards a folder by the paths of requests must be able to rely on them.
func localName(name string) (string, error) {
	for part := range strings.SplitSeq(name, "/") {
		if part != "." && strings.TrimRight(part, ". ") != part || strings.ContainsAny(part, `<>"|?*`) {
			return "", errName
		}
	}
	return filepath.Localize(name)
}

// nameErrors are those of names that no file has or can have.
var nameErrors = []syscall.Errno{syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EINVAL, windows.ERROR_INVALID_NAME,
	windows.ERROR_BAD_PATHNAME, windows.ERROR_FILENAME_EXCED_RANGE, windows.ERROR_DIRECTORY, windows.ERROR_CANT_RESOLVE_FILENAME}
