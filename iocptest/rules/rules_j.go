// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupJ = group{
	title: "J. Cancellation and closing",
	rules: []Rule{
		{
			ID: "J01", Title: "Cancelling one's own operations",
			Text: "The older cancel call ends the operations that the calling thread started on the open file, also " +
				"through a duplicate handle. With nothing to cancel it still succeeds.",
			Source:  "Windows docs (CancelIo), test runs on Windows, Wine 8 observation",
			Windows: "TRUE; 995 ERROR_OPERATION_ABORTED in the packets",
			Scope:   Shown,
		},
		{
			ID: "J02", Title: "Not those of other threads",
			Text:   "The older cancel call leaves operations of other threads alone and succeeds.",
			Source: "Windows docs (CancelIo), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "J03", Title: "Cancelling one operation",
			Text:    "The newer call cancels the one operation that is named, from any thread. Others stay pending.",
			Source:  "Windows docs (CancelIoEx), Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED in its packet",
			Scope:   Shown,
		},
		{
			ID: "J04", Title: "Cancelling all operations",
			Text: "Naming no operation cancels all that are pending on the file; each gets its packet, in no " +
				"promised order.",
			Source:  "Windows docs (CancelIoEx), Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED; Wine 8 newest first",
			Note:    "CancelAll.",
			Scope:   Shown,
		},
		{
			ID: "J05", Title: "Nothing to cancel",
			Text:    "If nothing that was asked for is pending, the newer call says that it found nothing.",
			Source:  "Windows docs (CancelIoEx), test runs on Windows, Wine 8 observation",
			Windows: "1168 ERROR_NOT_FOUND; Wine 8 succeeds when no operation is named",
			Note:    "ErrNotFound.",
			Scope:   Shown,
		},
		{
			ID: "J06", Title: "Completed but still queued",
			Text: "An operation that has completed cannot be cancelled any more, even if its packet is still in the " +
				"queue; the packet stays a success.",
			Source:  "Windows docs (CancelIoEx), Wine 8 observation",
			Windows: "1168 ERROR_NOT_FOUND",
			Note:    "ErrNotFound.",
			Scope:   Shown,
		},
		{
			ID: "J07", Title: "One packet, whatever happens",
			Text: "A cancelled operation still queues exactly one packet, which may say cancelled, success or " +
				"another error.",
			Source: "Windows docs (CancelIoEx), AIX docs (AIO requests)",
			AIX:    "packets are promised only for requests that were not cancelled",
			Scope:  Shown,
		},
		{
			ID: "J08", Title: "Cancelling does not wait",
			Text:   "The cancel call marks operations and returns; their packets come when they have really ended.",
			Source: "Windows docs (CancelIoEx)",
			Scope:  Shown,
		},
		{
			ID: "J09", Title: "Cancelling on a bad handle",
			Text:    "A handle that is no open file is refused.",
			Source:  "unverified, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE; Wine 8 accepts a port handle",
			Note:    "A closed endpoint answers with an error; ports have no such method.",
			Scope:   Shown,
		},
		{
			ID: "J10", Title: "Closing with operations pending",
			Text:    "Closing a file ends its pending operations: one packet for each, with key and structure intact.",
			Source:  "test runs on Windows",
			Windows: "109 for pipes, 1236 for TCP receives, 995 for accepts",
			AIX:     "ENOTCONN",
			Scope:   Shown,
		},
		{
			ID: "J11", Title: "Closing one of two handles",
			Text: "Closing one of several handles of an open file changes nothing for its operations. The last " +
				"close ends them.",
			Source: "test runs on Windows, Wine 8 observation",
			Note:   "Two handles are an endpoint and its Duplicate.",
			Scope:  Shown,
		},
		{
			ID: "J12", Title: "A packet outlives its file",
			Text:   "A packet that was queued before the file was closed is still delivered, complete.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "J13", Title: "The port is closed, the file is not",
			Text: "Operations on a file whose port was closed go on, can still be started and end as usual. Their " +
				"packets go to nobody.",
			Source: "Win32 page, Wine 8 observation",
			Note:   "Overlapped.Result tells how they ended.",
			Scope:  Shown,
		},
		{
			ID: "J14", Title: "The port is closed with packets queued",
			Text:    "Packets still in the queue at the last close are dropped without notice, and later calls fail.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			Note:    "ErrClosed.",
			Scope:   Shown,
		},
		{
			ID: "J15", Title: "The end of a port",
			Text: "A port is destroyed when its handles and its files are all gone, and threads that worked for it " +
				"then belong to none.",
			Source: "Win32 page, NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "J16", Title: "The end of the process",
			Text:   "Everything is released when the process ends.",
			Source: "unverified",
			Scope:  NotHere, Reason: "after the end of the process nothing is left to observe",
		},
	},
}
