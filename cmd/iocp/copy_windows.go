// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// noDirect is the error of CreateFile on a file system without direct I/O.
const noDirect = windows.ERROR_INVALID_PARAMETER

// sameName returns the same for all spellings of a name that mean one file.
func sameName(name string) string { return strings.ToUpper(name) }

// rename gives the file from the name to, also in place of a file that may not be written and of a link to a folder
// that is gone, which MoveFileEx replaces neither of.
func rename(from, to string) error {
	err := os.Rename(from, to)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	at, gone := os.Lstat(to)
	switch {
	case gone != nil:
		return err
	case at.Mode().Type() == fs.ModeSymlink:
		return errors.Join(os.Remove(to), os.Rename(from, to))
	case at.Mode().Perm()&0o200 != 0 || os.Chmod(to, 0o600) != nil:
		return err
	}
	if err = os.Rename(from, to); err != nil {
		os.Chmod(to, at.Mode().Perm())
	}
	return err
}

// makeLink makes a link like the one that looks like like: to a folder or to a file, which are two kinds here.
// os.Symlink would look for what it leads to, which may not have been copied yet.
func makeLink(to, name string, like fs.FileInfo) error {
	attr, ok := like.Sys().(*syscall.Win32FileAttributeData)
	if !ok || attr.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY == 0 {
		return os.Symlink(to, name)
	}
	link, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	const unprivileged = 0x2 // SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE
	if err := windows.CreateSymbolicLink(link, target, windows.SYMBOLIC_LINK_FLAG_DIRECTORY|unprivileged); err != nil {
		return &os.LinkError{Op: "symlink", Old: to, New: name, Err: err}
	}
	return nil
}

func accessTime(info fs.FileInfo) time.Time {
	if attr, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		return time.Unix(0, attr.LastAccessTime.Nanoseconds())
	}
	return info.ModTime()
}
