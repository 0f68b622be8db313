// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package nap sleeps for less than a millisecond where Go's own timers cannot: in a process that is idle the
// runtime waits in epoll_wait(2), which counts whole milliseconds.
package nap
