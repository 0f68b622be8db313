// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupE = group{
	title: "E. GetQueuedCompletionStatusEx and GetMultipleCompletionStatus",
	rules: []Rule{
		{
			ID: "E01", Title: "Many packets at once",
			Text: "One call takes up to as many packets as the caller has room for, oldest first, and reports how " +
				"many it took.",
			Source: "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			AIX:    "between a lower and an upper number",
			Scope:  Shown,
		},
		{
			ID: "E02", Title: "It does not wait to fill up",
			Text:   "The call returns as soon as it has one packet; it never waits for more to fill the array.",
			Source: "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			AIX:    "waits for the lower number",
			Scope:  Shown,
		},
		{
			ID: "E03", Title: "A burst may come together",
			Text: "A thread that waited may come back with several packets of a burst. How many is not promised; at " +
				"least one is.",
			Source: "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "E04", Title: "Timeout of a batch",
			Text: "When the time is up without a packet the call fails with the timeout, and the count it leaves " +
				"behind means nothing.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), test runs on Windows, Wine 8 observation",
			Windows: "258 WAIT_TIMEOUT; the count is 0 or 1",
			AIX:     "fewer than the lower number with ETIMEDOUT, which is not an error",
			Note:    "GetBatch returns 0 and ErrTimeout.",
			Scope:   Shown,
		},
		{
			ID: "E05", Title: "Room for none",
			Text: "Asking for zero packets is an error at once. The queue and the count variable are left as they " +
				"are.",
			Source:  "test runs on Windows, unverified, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER; Wine 8 reports one packet that is none",
			AIX:     "not documented",
			Note:    "GetBatch with an empty slice: ErrInvalidParameter.",
			Scope:   Shown,
		},
		{
			ID: "E06", Title: "Failures inside a batch",
			Text: "Failed packets do not make the call fail: each entry of the array carries the outcome of its own " +
				"operation.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			Windows: "TRUE; the native status is in each entry",
			AIX:     "an errno in each entry",
			Note:    "The Err field of each Completion.",
			Scope:   Shown,
		},
		{
			ID: "E07", Title: "What an entry holds",
			Text:   "Each entry holds the key, the structure, the outcome and the byte count of one packet.",
			Source: "Windows docs (OVERLAPPED_ENTRY), AIX docs (GetMultipleCompletionStatus)",
			Note:   "The fields of Completion are Key, Op, Err and Bytes.",
			Scope:  Shown,
		},
		{
			ID: "E08", Title: "Alertable waits",
			Text: "An alertable call on an empty port ends when an asynchronous procedure call has run in it, also " +
				"with a timeout of zero.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			Windows: "192 WAIT_IO_COMPLETION",
			AIX:     "a signal ends the wait with EINTR and fewer packets than the lower number",
			Scope:   Shown,
		},
		{
			ID: "E09", Title: "Batch wait that is not alertable",
			Text: "A call that is not alertable leaves asynchronous procedure calls queued and ends with its " +
				"timeout.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			Windows: "258 WAIT_TIMEOUT",
			Scope:   Shown,
		},
		{
			ID: "E10", Title: "A packet and a procedure call together",
			Text: "A thread that already works for this port gets the packet first. A thread that does not, or " +
				"works for another port, runs the procedure call first, and that return does not make it a worker " +
				"of the port.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "192 WAIT_IO_COMPLETION in the second case; Wine 8 always gives the packet",
			Scope:   Shown,
		},
		{
			ID: "E11", Title: "Port closed during a batch wait",
			Text:    "Closing the last handle releases a waiting batch call at once with the abandoned error.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			Windows: "735 ERROR_ABANDONED_WAIT_0; Wine 8 lets it time out",
			AIX:     "not documented",
			Note:    "ErrClosed.",
			Scope:   Shown,
		},
		{
			ID: "E12", Title: "Batch from a bad port",
			Text:    "A handle that is not an open port fails at once as an invalid handle.",
			Source:  "Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "not documented",
			Note:    "A closed port answers ErrClosed, and a Port that NewPort did not make ErrInvalidHandle.",
			Scope:   Shown,
		},
		{
			ID: "E13", Title: "No array",
			Text:    "A NULL array is a fault of the caller, and no packet is lost through it.",
			Source:  "unverified, Wine 8 observation",
			Windows: "998 ERROR_NOACCESS; Wine 8 answers 258 on an empty port",
			Note:    "A nil slice is an empty one: ErrInvalidParameter, as in E05.",
			Scope:   Shown,
		},
		{
			ID: "E14", Title: "Limits of the AIX call",
			Text: "The AIX call must be the only one waiting on its port, a cancelled request does not shorten its " +
				"wait, and it may fail for want of a timer.",
			Source: "AIX docs (GetMultipleCompletionStatus)",
			AIX:    "ENOMEM when no timer can be had",
			Scope:  Shown,
		},
	},
}
