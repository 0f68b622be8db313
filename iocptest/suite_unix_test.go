// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package iocptest_test

import (
	"testing"

	"iocp"
)

func TestPortable(t *testing.T) { testEngine(t, iocp.EnginePortable) }
