// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package enginetest

// watchThread returns what says that the calling thread has ended: a program cannot tell the threads of
// this system apart, and does not wait for the end of one.
func (p *Port) watchThread() (gone func() bool) { return func() bool { return true } }
