// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package differential runs random programs of operations on ports of package iocp and compares
// what two engines make of the same program.
//
// A [Program] is a list of steps on a few connections, datagram sockets, files and pipes: transfers
// of random sizes, cancels, timeouts, shutdowns, closes, accepts and connects, posts, and races
// between them. It is made from a seed ([Random]) or from bytes ([Decode], for fuzzing), and can
// be printed and read back ([Program.String], [Parse]).
//
// [Run] plays it on a port and returns a [Trace]: for each step, in words, the packets it brought.
// What the rules of docs/rules.md leave open does not show in a trace: the order of packets of
// different directions and files, how a stream is cut into receives while it flows, and who
// wins a race. What they promise is checked while the program runs, without a second engine: one
// packet for each operation, with its key, when it is due and not before; receives in the
// order they were started; every byte of every stream, datagram and file. So two traces differ only
// if two engines differ in something that a program can rely on, and [Compare] says where.
// [Shrink] makes the program shorter that shows it.
//
// The package holds programs and the means to run them. Rules that can be stated one by one belong
// to package iocptest.
package differential
