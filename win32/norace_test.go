// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package win32

const raceEnabled = false
