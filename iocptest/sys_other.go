// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package iocptest

import "errors"

func filePointer(uintptr) (int64, error)     { return 0, errors.ErrUnsupported }
func setNonblock(uintptr, bool) error        { return errors.ErrUnsupported }
func blockingRead() (_, _ func(), err error) { return nil, nil, errors.ErrUnsupported }
