// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupB = group{
	title: "B. GetQueuedCompletionStatus",
	rules: []Rule{
		{
			ID: "B01", Title: "Packet of a success",
			Text: "Getting the packet of an operation that succeeded delivers its byte count, its key and its " +
				"overlapped structure, and reports success.",
			Source:  "Windows docs (GetQueuedCompletionStatus), test runs on Windows, Wine 8 observation",
			Windows: "TRUE, last error untouched",
			AIX:     "TRUE",
			Note:    "Get returns a Completion whose Err is nil, and a nil error.",
			Scope:   Shown,
		},
		{
			ID: "B02", Title: "Nothing was taken",
			Text: "A call that took no packet says so beyond doubt: no overlapped structure is delivered, and the " +
				"error is the reason why the call came back.",
			Source: "Windows docs (GetQueuedCompletionStatus)",
			Windows: "FALSE, NULL overlapped; 258 WAIT_TIMEOUT, 735 ERROR_ABANDONED_WAIT_0, 6 ERROR_INVALID_HANDLE or " +
				"5 ERROR_ACCESS_DENIED",
			AIX:   "0 and errno",
			Note:  "Get returns an error if and only if it took no packet.",
			Scope: Shown,
		},
		{
			ID: "B03", Title: "Packet of a failure",
			Text: "The packet of a failed operation is delivered in full, with its key, structure and byte count; " +
				"the error that comes with it is the operation's own.",
			Source: "Windows docs (GetQueuedCompletionStatus), AIX docs (GetQueuedCompletionStatus), Wine 8 " +
				"observation",
			Windows: "FALSE, non-NULL overlapped, last error of the operation",
			AIX:     "0, errno of the request such as ENOTCONN",
			Note:    "Get returns a nil error; the error of the operation is in the Err field of the Completion.",
			Scope:   Shown,
		},
		{
			ID: "B04", Title: "Port closed during the wait",
			Text: "Closing the last handle of a port releases all threads that wait on it at once with the " +
				"abandoned error. Whoever calls afterwards is told that the handle is invalid.",
			Source:  "Windows docs (GetQueuedCompletionStatus), test runs on Windows, Wine 8 observation",
			Windows: "735 ERROR_ABANDONED_WAIT_0 for waiters, 6 ERROR_INVALID_HANDLE later; Wine 8 lets them wait on",
			AIX:     "not documented",
			Note:    "Every waiting Get returns ErrClosed.",
			Scope:   Shown,
		},
		{
			ID: "B05", Title: "A packet that looks like none",
			Text: "Through the native interface a packet with a failing status and no structure can be queued. The " +
				"call then fails with a NULL overlapped although a packet was taken, and only the written bytes " +
				"and key tell.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "FALSE, NULL overlapped, 38 ERROR_HANDLE_EOF in the case seen",
			Note: "The two answers cannot be mixed up: a packet with a nil Op and an Err still comes with a nil " +
				"error of Get.",
			Scope: Shown,
		},
		{
			ID: "B06", Title: "Polling",
			Text:    "A timeout of zero never waits: an empty port answers at once that the time is up.",
			Source:  "Windows docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "258 WAIT_TIMEOUT",
			AIX:     "ETIMEDOUT",
			Note:    "ErrTimeout.",
			Scope:   Shown,
		},
		{
			ID: "B07", Title: "Finite timeouts",
			Text:    "A finite timeout waits at least that long for a packet and then reports that the time is up.",
			Source:  "Windows docs (GetQueuedCompletionStatus), Wine 8 observation, unverified",
			Windows: "258 WAIT_TIMEOUT; may be late by one clock tick, up to about 16 ms",
			AIX:     "ETIMEDOUT",
			Note:    "ErrTimeout, never early.",
			Scope:   Shown,
		},
		{
			ID: "B08", Title: "Time asleep",
			Text: "The time a machine spends suspended counts against the timeout up to Windows 7 and no longer " +
				"from Windows 8 on.",
			Source: "Windows docs (GetQueuedCompletionStatusEx)",
			AIX:    "not documented",
			Note: "Timeouts run on the monotonic clock, which stands still while the machine is suspended: the " +
				"newer rule. A test can show the clock but cannot suspend the machine.",
			Scope: Shown,
		},
		{
			ID: "B09", Title: "Waiting for ever",
			Text:    "The infinite timeout waits until a packet comes or the port is closed, however long that takes.",
			Source:  "Windows docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "INFINITE, 0xFFFFFFFF",
			AIX:     "INFINITE",
			Note:    "Infinite, and every other negative duration.",
			Scope:   Shown,
		},
		{
			ID: "B10", Title: "Very long timeouts are finite",
			Text: "Only the one infinite value is special. The values next to it, and those with the top bit set, " +
				"are long waits and neither endless nor over already.",
			Source:  "Windows docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "0xFFFFFFFE and 0x80000000 milliseconds",
			Note: "A time.Duration of any positive length is a finite wait; deadlines beyond the clock's range do " +
				"not wrap round.",
			Scope: Shown,
		},
		{
			ID: "B11", Title: "Outputs of a call that took nothing",
			Text: "When the time is up or the handle is bad, the variables for bytes and key keep what they held; " +
				"only the overlapped output is set to NULL.",
			Source: "Windows docs (GetQueuedCompletionStatus), test runs on Windows, Wine 8 observation",
			AIX:    "not documented",
			Note: "The Completion of a failed Get is the zero value, and GetBatch leaves the slice it was given " +
				"untouched.",
			Scope: Shown,
		},
		{
			ID: "B12", Title: "Getting from a bad port",
			Text: "A closed, null or meaningless port handle fails at once as an invalid handle and delivers " +
				"nothing.",
			Source: "Windows docs (GetQueuedCompletionStatus), AIX docs (GetQueuedCompletionStatus), Wine 8 " +
				"observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Note:    "A closed port answers ErrClosed, and a Port that NewPort did not make ErrInvalidHandle.",
			Scope:   Shown,
		},
		{
			ID: "B13", Title: "Getting from something else",
			Text:    "A handle of another kind of object is an invalid handle here.",
			Source:  "Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Note:    "Go's types rule it out: Get is a method of Port alone.",
			Scope:   Shown,
		},
		{
			ID: "B14", Title: "A success without a structure",
			Text: "A posted packet may carry no overlapped structure. Taking it is a success, so a NULL structure " +
				"alone does not mean that nothing came.",
			Source:  "Windows docs (PostQueuedCompletionStatus), Wine 8 observation",
			Windows: "TRUE with a NULL overlapped",
			AIX:     "the same",
			Note:    "The Op of such a packet is nil.",
			Scope:   Shown,
		},
		{
			ID: "B15", Title: "First in, first out",
			Text: "Packets leave the port in the order in which they were queued, and those of each producer stay " +
				"in its order. Threads that take them at the same time may still handle them in another order.",
			Source: "Win32 page of 2000, Win32 page, IOCP overview, Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "B16", Title: "One packet, one waiter",
			Text:   "Each packet goes to exactly one caller; the other waiting threads go on waiting.",
			Source: "NT algorithm, Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "B17", Title: "A thread joins the port it asks",
			Text: "Any thread may ask for packets. By asking it becomes a worker of that port and remains one until " +
				"it ends, asks another port, or the port is closed.",
			Source: "IOCP overview, Windows docs (GetQueuedCompletionStatus)",
			AIX:    "has no such notion of threads",
			Note:   "Goroutines stand in the place of threads.",
			Scope:  Shown,
		},
		{
			ID: "B18", Title: "NULL outputs",
			Text: "Passing NULL for one of the outputs is a fault of the caller: the process gets an access " +
				"violation or the call fails.",
			Source:  "Wine 8 observation, unverified",
			Windows: "998 ERROR_NOACCESS or an access violation",
			AIX:     "EINVAL or EFAULT",
			Scope:   Shown,
		},
		{
			ID: "B19", Title: "Not alertable",
			Text: "The plain call is not alertable: an asynchronous procedure call queued to the waiting thread " +
				"neither runs nor ends the wait.",
			Source: "Windows docs (GetQueuedCompletionStatusEx), Wine 8 observation",
			AIX:    "a signal may end the wait with EAGAIN",
			Scope:  Shown,
		},
		{
			ID: "B20", Title: "From status to error code",
			Text: "The error code of a failed packet is the system's fixed translation of the native status the " +
				"operation ended with.",
			Source:  "Wine 8 observation",
			Windows: "as by RtlNtStatusToDosError",
			AIX:     "errno is passed on",
			Scope:   Shown,
		},
		{
			ID: "B21", Title: "Which statuses are a success",
			Text: "Success and informational statuses count as success, warnings and errors as failure. A warning " +
				"still delivers its bytes.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "0x103 and 0x102 are TRUE; 0x80000005 is FALSE with 234 ERROR_MORE_DATA",
			Scope:   Shown,
		},
		{
			ID: "B22", Title: "Bytes are 32 bits wide",
			Text:   "The byte count is handed over in 32 bits: of a larger number only the lower half arrives.",
			Source: "Wine 8 observation",
			AIX:    "32 bits as well",
			Scope:  Shown,
		},
		{
			ID: "B23", Title: "Duplicate port handles",
			Text: "A duplicate of a port handle is the same port with the same queue, and it goes on working after " +
				"the original was closed.",
			Source:  "Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE for the closed one",
			AIX:     "not documented",
			Note:    "Port.Duplicate makes the second handle; each is closed for itself.",
			Scope:   Shown,
		},
		{
			ID: "B24", Title: "Only the last close abandons",
			Text: "Closing one of several handles of a port disturbs nobody who waits on it. Waiters are abandoned " +
				"when the last handle closes.",
			Source: "current Wine, Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "B25", Title: "Post and close at once",
			Text: "A packet that is posted while a thread waits reaches that thread, even if the port is closed in " +
				"the next moment.",
			Source:  "report (Wine merge request), Wine 8 observation",
			Windows: "Wine 8 often answers 6 instead",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "B26", Title: "Waiting on the port itself",
			Text: "The port handle can be waited on: it is signalled while packets are queued and at the last " +
				"close. Such a wait releases all that wait and takes no packet; handing a packet straight to a " +
				"getter signals nothing.",
			Source:  "report (Wine merge request), current Wine, test runs on Windows, Wine 8 observation",
			Windows: "the last point since Windows 10 version 1607",
			AIX:     "not documented",
			Note: "A goroutine cannot wait on a port as on an event: what can be said is that Len counts queued " +
				"packets only, never one handed straight to a waiter, and that looking takes nothing.",
			Scope: Shown,
		},
	},
}
