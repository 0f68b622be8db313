// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package netconn

import (
	"errors"
	"os"

	"iocp"
)

// duplicate has no implementation here: files are read and written piece by piece.
func duplicate(*os.File) (*iocp.File, error) {
	return nil, errors.ErrUnsupported
}
