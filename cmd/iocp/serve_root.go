// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// rootFiles is the folder that serve serves, as a [net/http.FileSystem].
//
// It is used in place of http.FS(root.FS()) because that one wraps the files it opens: the
// *os.File must reach the connection's ReadFrom, which is what lets it send the file
// without copying it through this process. [os.Root] sees to it that no name and no link
// leads out of the folder, also when a link is replaced while it is followed.
type rootFiles struct {
	root *os.Root
	log  *slog.Logger
}

// Open opens the file with a slash-separated name that net/http has cleaned. Devices and
// pipes are refused: opening a pipe blocks until somebody writes to it.
func (r rootFiles) Open(name string) (http.File, error) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		name = "."
	}
	name, err := localName(name)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, r.refusal(name, err)
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		r.log.Warn("refused", "file", name, "reason", "neither a regular file nor a folder")
		return nil, fs.ErrPermission
	}
	f, err := r.root.Open(name)
	if err != nil {
		return nil, r.refusal(name, err)
	}
	return f, nil
}

// refusal turns an error of os.Root into one that net/http answers with the right status.
// A name that leads out of the folder does not exist as far as the client is concerned:
// anything else would tell him what lies outside. The log tells the owner.
func (r rootFiles) refusal(name string, err error) error {
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		r.log.Warn("refused", "file", name, "reason", err)
		return fs.ErrNotExist
	case slices.Contains(nameErrors, errno):
		return fs.ErrNotExist
	case !errors.Is(err, fs.ErrNotExist):
		r.log.Warn("refused", "file", name, "reason", err)
	}
	return err
}
