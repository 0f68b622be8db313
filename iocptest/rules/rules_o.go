// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupO = group{
	title: "O. Finer points, from tests that run on Windows",
	rules: []Rule{
		{
			ID: "O01", Title: "Event after a failed start",
			Text: "A start that fails leaves its event reset, since the start had reset it. A closed file handle " +
				"leaves the event as it was.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O02", Title: "The handle as an event",
			Text: "The file handle is reset at the start of an operation in any case, and signalled at its end only " +
				"if no event was given; sockets too.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O03", Title: "Event after immediate success",
			Text:   "An operation that succeeds within its start sets its event and queues its packet.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O04", Title: "Counts of a device control",
			Text: "The call and the packet of a device control request that ends within the call may give two " +
				"different byte counts.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O05", Title: "Count of a partial message",
			Text: "When part of a message is read at once, the call reports 0 bytes; the packet and the result have " +
				"the true count.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O06", Title: "When pipe writes complete",
			Text: "A write to a pipe ends, with its full count, as soon as it and all that was written before it " +
				"fit the buffer. Writes end in the order in which they were started, and an empty one never " +
				"waits.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O07", Title: "Cancelling a pipe write",
			Text: "Cancelling a pending pipe write takes its unread bytes out of the pipe, even if part was read, " +
				"and reports no bytes. Later writes move up, and a blocked flush succeeds.",
			Source:  "test runs on Windows",
			Windows: "995 ERROR_OPERATION_ABORTED",
			Scope:   Shown,
		},
		{
			ID: "O08", Title: "Flushing a pipe",
			Text: "Flushing a pipe blocks until everything was read, and fails if the peer closes or the pipe is " +
				"disconnected.",
			Source:  "test runs on Windows",
			Windows: "109 ERROR_BROKEN_PIPE, 233 ERROR_PIPE_NOT_CONNECTED",
			Scope:   Shown,
		},
		{
			ID: "O09", Title: "Ends of a pipe",
			Text: "Only the server end can wait for a client. Disconnecting discards unread data, and a second " +
				"disconnect fails.",
			Source:  "test runs on Windows",
			Windows: "1 ERROR_INVALID_FUNCTION, 233 ERROR_PIPE_NOT_CONNECTED",
			Scope:   Shown,
		},
		{
			ID: "O10", Title: "Socket timeouts",
			Text:   "The send and receive timeouts of a socket do not apply to overlapped operations.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O11", Title: "Sockets that are not overlapped",
			Text: "On a socket that is not overlapped a call with a structure never pends: it blocks, whatever the " +
				"blocking mode says.",
			Source:  "test runs on Windows",
			Windows: "10035 WSAEWOULDBLOCK only without a structure",
			Scope:   Shown,
		},
		{
			ID: "O12", Title: "While a connect is pending",
			Text: "A second connect, and sending or receiving, fail at once while a connect is pending. Plain " +
				"connect and the shutdown calls never queue packets.",
			Source:  "test runs on Windows",
			Windows: "10022 WSAEINVAL, 10057 WSAENOTCONN",
			Scope:   Shown,
		},
		{
			ID: "O13", Title: "Who gets the connection",
			Text: "A pending accept has the first claim on a connection. It cannot be cancelled through the socket " +
				"that it is to fill.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O14", Title: "The error option after a reset",
			Text:   "Once a reset was reported, the error option of the socket reads 0.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "O15", Title: "Directory watch details",
			Text: "Filter, depth and buffer size of a directory watch are fixed by the first request on the handle; " +
				"a first one without a buffer makes all later ones report only that something changed.",
			Source:  "test runs on Windows",
			Windows: "status 0x10C with 0 bytes; a record is 12 bytes and 2 for each letter",
			Scope:   Shown,
		},
		{
			ID: "O16", Title: "Closing without operations",
			Text:   "Closing an associated file on which nothing is pending queues nothing.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
	},
}
