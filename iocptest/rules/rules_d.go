// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupD = group{
	title: "D. PostQueuedCompletionStatus",
	rules: []Rule{
		{
			ID: "D01", Title: "Posted values come back as they are",
			Text: "Bytes, key and structure of a posted packet are delivered exactly as they were given. The port " +
				"neither uses nor checks them.",
			Source: "Windows docs (PostQueuedCompletionStatus), Wine 8 observation",
			AIX:    "bytes and key are 32 bits wide",
			Scope:  Shown,
		},
		{
			ID: "D02", Title: "The structure is never touched",
			Text: "The structure of a posted packet may be NULL or point anywhere: the port carries the pointer and " +
				"never looks behind it.",
			Source: "Windows docs (PostQueuedCompletionStatus)",
			AIX:    "not documented",
			Note:   "Posting an Op does not change it: it is not in flight, and its result stays what it was.",
			Scope:  Shown,
		},
		{
			ID: "D03", Title: "A post is a success",
			Text:    "A post that is accepted reports success, and so does the call that takes the packet.",
			Source:  "Windows docs (PostQueuedCompletionStatus), Wine 8 observation",
			Windows: "TRUE, last error untouched",
			AIX:     "TRUE",
			Note:    "Post returns nil, and Err of the packet is what was posted, nil if nothing was.",
			Scope:   Shown,
		},
		{
			ID: "D04", Title: "Posting to a null port",
			Text:    "Posting to the null handle fails, and nothing is queued.",
			Source:  "AIX post page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EBADF",
			Note:    "A Port that NewPort did not make answers ErrInvalidHandle.",
			Scope:   Shown,
		},
		{
			ID: "D05", Title: "Posting to a bad port",
			Text: "Posting to a closed or meaningless handle, or to another kind of object, fails as an invalid " +
				"handle.",
			Source:  "AIX post page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL (association answers EBADF: the other way round)",
			Note:    "A closed port answers ErrClosed; other objects are ruled out by Go's types.",
			Scope:   Shown,
		},
		{
			ID: "D06", Title: "Posting without the right",
			Text:    "A port handle that lacks the right to modify cannot be posted to.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "5 ERROR_ACCESS_DENIED",
			Note:    "Ports carry no access rights: whoever holds the value, the original or a duplicate, may post.",
			Scope:   Shown,
		},
		{
			ID: "D07", Title: "A post wakes one waiter",
			Text: "A posted packet wakes exactly one waiting thread, the newest, just as a completed operation " +
				"does.",
			Source: "Windows docs (PostQueuedCompletionStatus)",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "D08", Title: "One order for both kinds",
			Text: "Posted packets and packets of operations share one queue and come out in the order of their " +
				"arrival.",
			Source: "Win32 page of 2000, Win32 page, Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "D09", Title: "As many as memory holds",
			Text:    "The number of queued packets has no limit but memory.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "1450 ERROR_NO_SYSTEM_RESOURCES when memory runs out",
			AIX:     "EAGAIN is not documented",
			Scope:   Shown,
		},
		{
			ID: "D10", Title: "Talking between threads",
			Text: "Threads of one process can use posts to send one another messages through a port, next to the " +
				"packets of operations.",
			Source: "Win32 page of 2000, Win32 page, AIX post page",
			AIX:    "its page speaks of socket descriptors by mistake; the argument is the port",
			Scope:  Shown,
		},
		{
			ID: "D11", Title: "Depth of the queue",
			Text:   "The number of packets in the queue can be read; taking one lowers it by one.",
			Source: "NT algorithm, Wine 8 observation",
			Note:   "Port.Len.",
			Scope:  Shown,
		},
		{
			ID: "D12", Title: "Posting a failure",
			Text: "The native call can post a packet with a failing status, which is then delivered like the packet " +
				"of a failed operation.",
			Source: "NT algorithm, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "D13", Title: "Posting after the last close",
			Text: "Once the last handle of a port is closed nothing can be posted to it, although files may keep " +
				"the port itself alive.",
			Source:  "Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			Note:    "ErrClosed.",
			Scope:   Shown,
		},
	},
}
