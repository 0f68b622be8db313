// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix || darwin

package enginetest

// acceptFlags: accept(2) takes none here.
const acceptFlags = 0

func checkAccepted(*Port, int32) {}
