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

// A cure tells what to do about an errno that a user can do something about. The table cures is
// the system's: each has numbers of its own.
type cure struct {
	errno syscall.Errno
	cure  string
}

const (
	addressInUse  = "choose another with -addr, or port 0 for any free one"
	noSuchAddress = "this machine has no such address: choose another with -addr"
	deviceFull    = "make room on the file system of the target"
	overQuota     = "the quota of this user is used up: remove files or have it raised"
	shorterName   = "choose a shorter target name"
	deviceFailed  = "the device failed: look at the system log"
)

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
		return reservedPort
	}
	return ""
}
