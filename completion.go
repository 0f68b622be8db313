// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import "time"

// Op is an overlapped operation: a struct of the caller's that embeds [Overlapped]. The packet
// of a finished operation carries that very value back, so a type switch on [Completion.Op]
// finds the caller's struct again without a table or an allocation.
//
// Only a pointer to a type that embeds Overlapped satisfies Op.
type Op interface {
	overlapped() *Overlapped
}

// Completion is a packet: the end of one operation, or whatever [Port.Post] was given.
type Completion struct {
	// Op is the value the operation was started with, or the one that was posted. It is
	// nil in a posted packet that names none (B14).
	Op Op

	// Key is the completion key of the endpoint the operation was started on, or the
	// posted one, unchanged (A27, D01).
	Key any

	// Bytes is the number of bytes transferred, also when Err is not nil, or the posted
	// number (D01).
	Bytes int64

	// Err is nil for success, or why the operation ended (B03); see [ErrTimeout] and the
	// variables around it.
	Err error

	ov *Overlapped // of an operation; nil in a posted packet
}

// Infinite is the timeout of a Get that waits as long as it takes (B09). Every negative
// duration means the same; zero polls (B06).
const Infinite time.Duration = -1
