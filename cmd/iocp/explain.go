// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"syscall"

	"iocp"
)

// explain returns err as one line that names the file or the address and ends with what
// to do about it, where something can be done.
func explain(err error) string {
	if cure := cureFor(err); cure != "" {
		return err.Error() + "; " + cure
	}
	return err.Error()
}

// cures tell what to do about an errno that a user can do something about.
var cures = []struct {
	errno syscall.Errno
	cure  string
}{
	{syscall.EADDRINUSE, "choose another with -addr, or port 0 for any free one"},
	{syscall.EADDRNOTAVAIL, "this machine has no such address: choose another with -addr"},
	{syscall.ENOSPC, "make room on the file system of the target"},
	{syscall.EDQUOT, "the quota of this user is used up: remove files or have it raised"},
	{syscall.EROFS, "the file system is mounted read-only: choose another target or remount it"},
	{syscall.EMFILE, "raise the limit on open files: ulimit -n"},
	{syscall.ENFILE, "raise the system's limit on open files: sysctl fs.file-max"},
	{syscall.ENAMETOOLONG, "choose a shorter target name"},
	{syscall.EIO, "the device failed: look at the system log"},
}

func cureFor(err error) string {
	var engine *iocp.EngineError
	if errors.As(err, &engine) {
		return "'iocp info' tells more"
	}
	if cure := cureForErrno(err); cure != "" {
		return cure
	}
	return cureForPermission(err)
}

func cureForErrno(err error) string {
	for _, c := range cures {
		if errors.Is(err, c.errno) {
			return c.cure
		}
	}
	return ""
}

// cureForPermission tells a refused port number from a refused file.
func cureForPermission(err error) string {
	var path *fs.PathError
	switch {
	case !errors.Is(err, fs.ErrPermission):
		return ""
	case errors.As(err, &path):
		return "run as a user who may, or change the permissions"
	case errors.Is(err, syscall.EACCES):
		return "choose a port above 1023 with -addr, or run with CAP_NET_BIND_SERVICE"
	}
	return ""
}
