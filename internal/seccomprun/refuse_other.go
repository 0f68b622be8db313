// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package seccomprun

// Obey does nothing: only Linux has seccomp(2).
func Obey() {}
