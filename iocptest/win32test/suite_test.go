// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test_test

import (
	"testing"

	"iocp/iocptest/win32test"
)

func TestWin32(t *testing.T) { win32test.Test(t) }
