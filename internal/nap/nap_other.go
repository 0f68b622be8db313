// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package nap

import "time"

// Timer is none here. Timers of the runtime are exact to half a millisecond on Windows.
type Timer struct{}

// New returns nil.
func New() *Timer { return nil }

// Sleep reports false.
func (*Timer) Sleep(time.Duration) bool { return false }

// Close does nothing.
func (*Timer) Close() {}
