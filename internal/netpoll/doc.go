// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package netpoll has the runtime look whose sockets are ready.
//
// The runtime asks the system for that when a processor has no goroutine to run, and else every 10 ms. A goroutine that always has
// something to do keeps those of package net waiting so long for every step, and runtime.Gosched does not help: whoever called it
// can run, so nobody is asked. One has to wait for something that only the poller brings.
package netpoll
