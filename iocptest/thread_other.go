// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package iocptest

import "errors"

func threadID() (int, error) { return 0, errors.ErrUnsupported }
func isFirstThread(int) bool { return false }
func threadAlive(int) bool   { return false }
