// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux && !aix

package iocp

// engines are those of the Unix systems that have no engine of their own yet.
var engines = []engineOf{portableEngine(false)}
