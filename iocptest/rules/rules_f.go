// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupF = group{
	title: "F. Packets of operations: general rules",
	rules: []Rule{
		{
			ID: "F01", Title: "Completed later: one packet",
			Text: "An operation that could not finish at once is pending, and when it has finished exactly one " +
				"packet is queued.",
			Source:  "Win32 page, AIX docs (ReadFile), Wine 8 observation",
			Windows: "997 ERROR_IO_PENDING",
			AIX:     "EINPROGRESS",
			Note:    "Starting returns nil.",
			Scope:   Shown,
		},
		{
			ID: "F02", Title: "Completed at once: one packet",
			Text: "An operation that succeeds within the call that starts it still queues its packet, unless " +
				"skipping was asked for (K01).",
			Source: "report (R. Chen 2010), NT algorithm, test runs on Windows, Wine 8 observation",
			AIX:    "the pages imply no packet for an immediate success",
			Note: "Starting returns nil in both cases; only in skip mode does ErrCompleted tell an immediate " +
				"success apart.",
			Scope: Shown,
		},
		{
			ID: "F03", Title: "Failed at once: no packet",
			Text: "An operation whose start fails queues nothing. The error is the return value of the start, and " +
				"the structure is the caller's again.",
			Source:  "Windows docs (WSARecv), NT algorithm, Wine 8 observation",
			Windows: "5, 6, 87, 109, 232, 233, 536, 10057, 10058 and others",
			AIX:     "EINVAL or EAGAIN, no packet",
			Scope:   Shown,
		},
		{
			ID: "F04", Title: "Warnings queue a packet",
			Text: "When an operation ends at once with a warning, such as a message longer than the buffer, the " +
				"call reports failure and a packet is queued all the same.",
			Source:  "NT algorithm, report (zio pull request 733), Wine 8 observation",
			Windows: "234 ERROR_MORE_DATA or 10040 WSAEMSGSIZE from the call; 234 in the packet",
			Note: "ErrTruncated in the packet of a datagram that does not fit. In SkipOnSuccess mode the start may " +
				"return it, and then no packet comes.",
			Scope: Shown,
		},
		{
			ID: "F05", Title: "Status while pending",
			Text: "While an operation is pending its structure says so, and the byte count in it is not touched " +
				"before the end.",
			Source:  "Windows docs (OVERLAPPED), test runs on Windows, Wine 8 observation",
			Windows: "Internal is 0x103 STATUS_PENDING",
			Note:    "Overlapped.InFlight is true and Result answers ErrIncomplete.",
			Scope:   Shown,
		},
		{
			ID: "F06", Title: "Status after the end",
			Text: "After the end the structure holds the outcome and the number of bytes; whoever sees the outcome " +
				"sees the number too.",
			Source: "Windows docs (OVERLAPPED), Wine 8 observation",
			Note:   "Overlapped.Result returns both.",
			Scope:  Shown,
		},
		{
			ID: "F07", Title: "When the status is written",
			Text: "With a port the documented moment of writing the status is the removal of the packet, except for " +
				"a start that fails; other systems write it at completion.",
			Source: "IOCP overview, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F08", Title: "Status after a failed start",
			Text: "A start that fails after the structure was prepared leaves it marked pending with the byte count " +
				"untouched; one that fails on its arguments before that leaves both fields alone.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F09", Title: "Suppressing one packet",
			Text: "An event handle with its lowest bit set suppresses the packet of that operation; the event is " +
				"still signalled.",
			Source:  "Windows docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "the bare value 1 is enough",
			Scope:   Shown,
		},
		{
			ID: "F10", Title: "Event and packet",
			Text:   "An operation with an ordinary event signals the event and queues its packet.",
			Source: "Windows docs (OVERLAPPED), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F11", Title: "The event is reset at the start",
			Text: "Starting an operation resets its event, so an event left set from before is not mistaken for " +
				"completion.",
			Source: "Windows docs (OVERLAPPED), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F12", Title: "Meaningless event",
			Text:    "An event handle that is none makes the start fail.",
			Source:  "unverified, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE; Wine 8 does not look at it for files",
			Scope:   Shown,
		},
		{
			ID: "F13", Title: "No event: the file is signalled",
			Text:   "Without an event the file handle itself becomes signalled when an operation on it ends.",
			Source: "Windows docs (OVERLAPPED), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F14", Title: "No structure on a file",
			Text:    "On an overlapped file or pipe an operation without a structure is an error, and no packet comes.",
			Source:  "Windows docs (ReadFile), test runs on Windows, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "it is an ordinary synchronous call",
			Scope:   Shown,
		},
		{
			ID: "F15", Title: "No structure on a socket",
			Text:   "On a socket an operation without a structure is an ordinary blocking call; it queues no packet.",
			Source: "Windows docs (WSARecv), Wine 8 observation",
			Note: "Every operation of package iocp takes an Op, and starting one without it queues nothing. " +
				"Blocking calls are those of package net.",
			Scope: Shown,
		},
		{
			ID: "F16", Title: "One structure, two operations",
			Text: "Using one structure for two operations at a time is a mistake that Windows does not catch: both " +
				"run, both report with the same pointer, the fields are overwritten, and cancelling by the " +
				"structure cancels both.",
			Source: "Windows docs (OVERLAPPED), test runs on Windows, Wine 8 observation",
			Note: "The mistake is caught: a second start of an Op that is in flight panics with a message that says " +
				"so.",
			Scope: Shown,
		},
		{
			ID: "F17", Title: "Completion routines are refused",
			Text:    "The calls that take a completion routine cannot be used on an associated file.",
			Source:  "Win32 page, Win32 page of 2000, test runs on Windows, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER; 10022 WSAEINVAL for sockets; Wine 8 allows it for files",
			Scope:   Shown,
		},
		{
			ID: "F18", Title: "A routine given before the association",
			Text: "An operation that was started with a completion routine before the file was associated runs the " +
				"routine and queues no packet.",
			Source: "test runs on Windows",
			Scope:  Shown,
		},
		{
			ID: "F19", Title: "Duplicate file handles",
			Text: "Operations started through a duplicate of an associated handle report to the same port with the " +
				"same key.",
			Source: "Win32 page, Win32 page of 2000, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F20", Title: "The starting thread ends",
			Text: "A pending operation outlives the thread that started it when its file is associated and it has " +
				"no event. With an event, or without an association, it is cancelled.",
			Source:  "Windows docs (AcceptEx), test runs on Windows, Wine 8 observation",
			Windows: "since Windows Vista; 995 ERROR_OPERATION_ABORTED where it is cancelled",
			Note:    "Goroutines own no operations: the end of the goroutine that started one never cancels it.",
			Scope:   Shown,
		},
		{
			ID: "F21", Title: "Bad buffers",
			Text:    "A buffer outside the caller's memory makes the start fail, and no packet comes.",
			Source:  "Wine 8 observation",
			Windows: "998 ERROR_NOACCESS, 1784 ERROR_INVALID_USER_BUFFER or 10014 WSAEFAULT",
			AIX:     "EFAULT",
			Scope:   NotHere, Reason: "a Go slice always points at memory that is there",
		},
		{
			ID: "F22", Title: "Buffers until the packet",
			Text: "From the start to the packet the buffers and the structure belong to the operation: they must " +
				"stay valid and the caller leaves them alone.",
			Source: "Windows docs (OVERLAPPED)",
			Note: "The port keeps both alive, so the garbage collector cannot take them; leaving them alone is the " +
				"caller's duty.",
			Scope: Shown,
		},
		{
			ID: "F23", Title: "Synchronous calls queue nothing",
			Text:   "Flushing, truncating, peeking and asking for the size are synchronous and queue no packet.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F24", Title: "Asking for the result",
			Text: "The result of an operation can be asked for on an associated file too; asking does not consume " +
				"the packet.",
			Source: "Windows docs (GetOverlappedResult), Wine 8 observation",
			Note:   "Overlapped.Result.",
			Scope:  Shown,
		},
		{
			ID: "F25", Title: "Asking too early",
			Text: "Asking for the result of a pending operation without waiting fails as incomplete; asking with a " +
				"time limit fails as timed out when it is reached.",
			Source:  "Windows docs (GetOverlappedResult), test runs on Windows, Wine 8 observation",
			Windows: "996 ERROR_IO_INCOMPLETE, 258 WAIT_TIMEOUT",
			Scope:   Shown,
		},
		{
			ID: "F26", Title: "One error, two names",
			Text: "A failure on a socket has one number as a file error and another as a socket error; which one is " +
				"seen depends on the function that reports it.",
			Source:  "Wine 8 observation",
			Windows: "64, 1225, 234, 995 against 10054, 10061, 10040, 995",
			AIX:     "errno only",
			Scope:   Shown,
		},
		{
			ID: "F27", Title: "Byte count of the starting call",
			Text: "When the operation is pending the byte count of a file call is 0; that of a socket call is left " +
				"untouched.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "F28", Title: "No promise about order",
			Text:   "Operations may complete in another order than they were issued in; do not build on the order.",
			Source: "IOCP overview, Wine 8 observation",
			Scope:  Shown,
		},
	},
}
