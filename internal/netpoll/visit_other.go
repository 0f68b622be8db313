// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netpoll

// Visitor is none here.
type Visitor struct{}

// New returns nil.
func New() *Visitor { return nil }

// Visit does nothing.
func (*Visitor) Visit() {}

// Close does nothing.
func (*Visitor) Close() {}
