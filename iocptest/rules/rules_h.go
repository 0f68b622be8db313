// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupH = group{
	title: "H. Pipes",
	rules: []Rule{
		{
			ID: "H01", Title: "Waiting for a client",
			Text: "The request to connect a pipe pends until a client comes and then queues a packet with zero " +
				"bytes.",
			Source:  "Windows docs (ConnectNamedPipe), Wine 8 observation",
			Windows: "997 ERROR_IO_PENDING",
			Scope:   Shown,
		},
		{
			ID: "H02", Title: "The client was there first",
			Text: "If a client has connected already, the request ends at once with an error that says so, and no " +
				"packet comes.",
			Source:  "Windows docs (ConnectNamedPipe), Wine 8 observation",
			Windows: "535 ERROR_PIPE_CONNECTED",
			Scope:   Shown,
		},
		{
			ID: "H03", Title: "The client came and went",
			Text: "If a client has come and gone, the request fails at once without a packet; after disconnecting, " +
				"the pipe can wait for the next client.",
			Source:  "Windows docs (ConnectNamedPipe), Wine 8 observation",
			Windows: "232 ERROR_NO_DATA",
			Scope:   Shown,
		},
		{
			ID: "H04", Title: "Reads wait for writes",
			Text: "A pending read is completed by data that is written later, and pending reads are served in the " +
				"order of issue.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "H05", Title: "Reading part of the data",
			Text:   "A read on a byte pipe takes what it has room for; the next read gets the rest.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "H06", Title: "The peer closed, data left",
			Text: "What the peer wrote before closing can still be read. After that a read fails at once as a " +
				"broken pipe, without a packet.",
			Source:  "Wine 8 observation",
			Windows: "109 ERROR_BROKEN_PIPE",
			Scope:   Shown,
		},
		{
			ID: "H07", Title: "The peer closes under a read",
			Text:    "A pending read ends with a broken-pipe packet and no bytes when the peer closes.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "109 ERROR_BROKEN_PIPE",
			Scope:   Shown,
		},
		{
			ID: "H08", Title: "Writing to a closed peer",
			Text:    "A write to a pipe whose other end is closed fails at once, without a packet.",
			Source:  "Wine 8 observation",
			Windows: "232 ERROR_NO_DATA",
			AIX:     "EPIPE",
			Scope:   Shown,
		},
		{
			ID: "H09", Title: "The peer closes under a write",
			Text: "A pending write ends with a broken-pipe packet when the peer closes, even if part of the data " +
				"had been read.",
			Source:  "Wine 8 observation",
			Windows: "109 ERROR_BROKEN_PIPE, 0 bytes",
			Scope:   Shown,
		},
		{
			ID: "H10", Title: "A message longer than the buffer",
			Text: "In message mode a short buffer is filled and the read ends with the more-data warning (F04); the " +
				"next read gets the rest of the message.",
			Source:  "Windows docs (named pipes), Wine 8 observation",
			Windows: "234 ERROR_MORE_DATA",
			Scope:   Shown,
		},
		{
			ID: "H11", Title: "Empty messages",
			Text:   "An empty message completes a pending message read with success and zero bytes.",
			Source: "Windows docs (named pipes), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "H12", Title: "Writing nothing to a byte pipe",
			Text: "A write of zero bytes to a byte pipe succeeds with a packet and completes no read at the other " +
				"end.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "H13", Title: "Reading nothing from a pipe",
			Text: "Reading zero bytes from a byte pipe waits for data to come and leaves it there. In message mode " +
				"it ends with the more-data warning unless the message is empty.",
			Source:  "Wine 8 observation, test runs on Windows",
			Windows: "234 ERROR_MORE_DATA with 0 bytes",
			Scope:   Shown,
		},
		{
			ID: "H14", Title: "Writing more than the quota",
			Text:   "A write that does not fit the pipe's buffer pends until the reader has made room.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "H15", Title: "Disconnecting under a read",
			Text: "Disconnecting the pipe ends a pending read with a packet that says so. Later reads fail at once; " +
				"on a pipe that waits for a client they fail as listening.",
			Source:  "Wine 8 observation",
			Windows: "233 ERROR_PIPE_NOT_CONNECTED, 536 ERROR_PIPE_LISTENING",
			Scope:   Shown,
		},
		{
			ID: "H16", Title: "Closing the server end under a read",
			Text:    "Closing the server's own handle ends a pending read with a broken-pipe packet.",
			Source:  "test runs on Windows, unverified, Wine 8 observation",
			Windows: "109 ERROR_BROKEN_PIPE",
			Scope:   Shown,
		},
		{
			ID: "H17", Title: "Writes are whole",
			Text:   "A successful write to a pipe has written everything that was asked for.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
	},
}
