// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupK = group{
	title: "K. Notification modes and other sources of packets",
	rules: []Rule{
		{
			ID: "K01", Title: "Skipping packets of immediate success",
			Text: "A file can be told to queue no packet for an operation that succeeds within its start. One that " +
				"pends still queues its packet.",
			Source:  "Windows docs (SetFileCompletionNotificationModes), Wine 8 observation",
			Windows: "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS",
			AIX:     "the way it always works there",
			Note:    "SkipOnSuccess; the start then returns ErrCompleted and the result is ready.",
			Scope:   Shown,
		},
		{
			ID: "K02", Title: "Skipping and immediate failure",
			Text:   "A start that fails queues nothing in this mode either.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K03", Title: "Skipping and warnings",
			Text: "In this mode the answer of the start decides about a warning: pending means that a packet " +
				"follows, the warning itself means that none does. Versions of Windows differ in which they give.",
			Source:  "NT algorithm, test runs on Windows, Wine 8 observation",
			Windows: "997 ERROR_IO_PENDING, or 234 ERROR_MORE_DATA or 10040 WSAEMSGSIZE",
			Note: "No operation of files and TCP ends with a warning; the start's answer alone tells whether a " +
				"packet follows: nil yes, ErrCompleted or another error no.",
			Scope: Shown,
		},
		{
			ID: "K04", Title: "Not setting the event of the handle",
			Text: "A second mode keeps the file handle itself from being signalled; events given with an operation " +
				"are still set.",
			Source:  "Windows docs (SetFileCompletionNotificationModes), Wine 8 observation",
			Windows: "FILE_SKIP_SET_EVENT_ON_HANDLE",
			Note:    "Endpoints are not events and are never signalled, so there is nothing to switch off.",
			Scope:   Shown,
		},
		{
			ID: "K05", Title: "Modes stay",
			Text:   "Modes add up and cannot be taken back; setting none changes nothing.",
			Source: "test runs on Windows, Wine 8 observation",
			Note:   "SkipOnSuccess can be called again without effect, and nothing undoes it.",
			Scope:  Shown,
		},
		{
			ID: "K06", Title: "Unknown modes",
			Text:   "Bits without a meaning are accepted and ignored by the native call.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K07", Title: "Modes on an unfit handle",
			Text:    "Modes cannot be set on a handle that is not overlapped, closed or a port.",
			Source:  "Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER; 6 ERROR_INVALID_HANDLE for the last two",
			Scope:   Shown,
		},
		{
			ID: "K08", Title: "Modes before the association",
			Text:   "Modes may be set before the file is put on a port and count afterwards.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K09", Title: "Wine's files never finish at once",
			Text:   "Under Wine 8 every file operation pends, so it queues a packet in skip mode too.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K10", Title: "Jobs",
			Text: "A job can report to a port: the message number takes the place of the bytes, the process that of " +
				"the structure. Delivery is not guaranteed.",
			Source:  "Windows docs (job objects), Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER for a second association",
			Scope:   Shown,
		},
		{
			ID: "K11", Title: "Callbacks of the system's pool",
			Text: "Binding a file to the system's thread pool uses up its association: neither a port nor a second " +
				"binding is possible afterwards.",
			Source:  "Windows docs (BindIoCompletionCallback), test runs on Windows, unverified, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			Scope:   Shown,
		},
		{
			ID: "K12", Title: "Thread pool I/O objects",
			Text: "The newer pool must be told before each operation, and told again if no packet will follow, " +
				"because the start failed or succeeded at once in skip mode.",
			Source: "Windows docs (CreateThreadpoolIo), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K13", Title: "Events as packets",
			Text: "Since Windows 8 an event can be tied to a port through the native interface, once, and queues " +
				"one packet when it is signalled.",
			Source: "report (ladybird commit), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "K14", Title: "Other calls that report",
			Text: "Pipe transactions, serial line events and the message forms of send and receive report to a port " +
				"too.",
			Source: "IOCP overview",
			Scope:  Shown,
		},
	},
}
