// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"testing"

	"iocp"
)

func TestUring(t *testing.T) { testEngine(t, iocp.EngineURing) }
func TestEpoll(t *testing.T) { testEngine(t, iocp.EngineEpoll) }
