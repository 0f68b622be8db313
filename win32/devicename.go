// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "strings"

// openNamed opens what has a name that means the same in every directory. ok is false if the
// name is not one of those.
func (r *openRequest) openNamed() (h HANDLE, ok bool, err error) {
	if h, ok, err = openPipe(r.name, r.access, r.flags); ok {
		return h, ok, err
	}
	if h, ok, err = openMailslot(r.name, r.access, r.flags); ok {
		return h, ok, err
	}
	switch name, space := deviceName(r.name); {
	case strings.EqualFold(name, "NUL"):
		h, err = open(r.newFile(nullDevice{}), r.access)
	case strings.EqualFold(name, "CONIN$"), strings.EqualFold(name, "CONOUT$"):
		r.name, r.disposition = "/dev/tty", OPEN_EXISTING
		h, err = r.open()
	case space:
		err = ERROR_PATH_NOT_FOUND
	default:
		return 0, false, nil
	}
	return h, true, err
}

// deviceName takes \\.\ or \\?\ off name and reports whether it was there: what follows is not
// the name of a file of this system.
func deviceName(name string) (string, bool) {
	for _, root := range [...]string{`\\.\`, `\\?\`} {
		if strings.HasPrefix(name, root) {
			return name[len(root):], true
		}
	}
	return name, false
}
