// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package netconn offers [net.Listener] and [net.Conn] over a completion port, so that
// programs written for package net (net/http, crypto/tls and whatever else takes these
// interfaces) run unchanged while the port does their input and output.
//
// A [Network] is a port together with the workers that serve it:
//
//	n, err := netconn.New(netconn.Config{})
//	...
//	l, err := n.Listen("tcp", "localhost:8080")
//	...
//	err = http.Serve(l, handler)
//
// [Network.DialContext] fits [net/http.Transport]. A program that has a port already, and
// workers for it, builds the network with [NewOn] and lets both share the port.
//
// # How it works
//
// Read starts one receive into the caller's buffer and waits for its packet; Write does the
// same with a send. Both operations are part of the [Conn], so neither allocates, and a
// connection costs no goroutine. A buffer that was given to the port belongs to it until the
// packet has come: a Read that a deadline or Close interrupts cancels its receive, waits for
// the packet, and only then returns.
//
// The workers only pass packets on to the goroutines that wait for them, and never block.
// That is also why a worker must not call Read, Write, Accept or Dial from a Complete
// method: it would wait for a packet that it is itself needed to deliver.
//
// What must never be here: knowledge of an engine or a system call of the data path. Those
// are package iocp's.
package netconn
