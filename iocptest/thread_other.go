// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package iocptest

import "errors"

func threadID() (int, error)  { return 0, errors.ErrUnsupported }
func threadAlive(id int) bool { return false }
