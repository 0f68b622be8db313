// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package sim is a machine that exists in memory only: descriptors, TCP connections, datagrams and
// files, and an engine per port that drives operations on them. It is as unpleasant as it is told
// to be, and exactly as unpleasant again when it is given the same seed.
//
// What lives here: the descriptors and what is behind them, the queue of what is to happen, the
// dice, and the engines. What must never be here: a descriptor, a thread or a lasting goroutine of
// the operating system's; completion keys, workers, and the order of operations on one endpoint.
//
// # Time
//
// Everything that is to happen is in one queue, ordered by its virtual time, then by a number that
// the dice have given it. There are two clocks.
//
// A machine with the jumping clock stands still while anybody computes. Whoever waits, in Watch or in
// a Call, makes the next thing happen, and the time becomes that thing's time. So a second of
// virtual time takes no longer than the work in it.
//
// A machine with the following clock has the time of package time, that of the bubble inside
// testing/synctest. Things happen in a timer's function then, at their time.
//
// # Dice
//
// Each request has dice of its own, made of the seed, the number of its engine and its own
// number there. So what befalls a request does not depend on who happens to enter the machine when,
// and one goroutine that drives everything gets the same history from the same seed.
//
// # Locks
//
// One lock guards the whole machine. It is taken last, below the locks of ports, and nothing is
// called with it held but the clock.
package sim
