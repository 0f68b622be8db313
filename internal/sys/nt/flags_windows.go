// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

// The flags of an engine's operations beside those that Windows has itself. They are taken off before
// its functions see the rest.
const (
	// MsgTrunc, of a receive of datagrams: the result is longer than the room if the datagram was.
	// How long it was the system does not say.
	MsgTrunc = 0x100

	// MsgDontWait, of a receive or send: WSAEWOULDBLOCK is the result if it would have to wait.
	MsgDontWait = 0x40

	// ToEnd, of a Write: at the end of the file, whatever the offset says.
	ToEnd = 1
)

// The events of a Poll: those of WSAPoll.
const (
	PollIn  = 0x300 // POLLRDNORM, POLLRDBAND
	PollOut = 0x10  // POLLWRNORM
	PollErr = 0x1
	PollHup = 0x2
)
