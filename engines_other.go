// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (!unix && !windows) || aix

package iocp

var engines []engineOf
