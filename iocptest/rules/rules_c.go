// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupC = group{
	title: "C. Threads: last in, first out, and the concurrency value",
	rules: []Rule{
		{
			ID: "C01", Title: "The newest waiter goes first",
			Text: "Threads that wait are released last in, first out: the one that began to wait most recently gets " +
				"the next packet.",
			Source:  "IOCP overview, NT algorithm, test runs on Windows, Wine 8 observation",
			Windows: "Wine 8 releases the oldest first",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "C02", Title: "What a post does",
			Text: "A new packet goes straight to the newest waiter if fewer threads run than the concurrency value " +
				"allows, and that thread counts as running from then on. Otherwise the packet is queued.",
			Source: "NT algorithm",
			AIX:    "always delivered",
			Scope:  Shown,
		},
		{
			ID: "C03", Title: "The limit holds packets back",
			Text: "While as many threads run as the concurrency value allows, packets stay in the queue although " +
				"other threads wait for them.",
			Source:  "Win32 page, IOCP overview, NT algorithm, Wine 8 observation",
			Windows: "Wine ignores the value",
			AIX:     "ignored",
			Scope:   Shown,
		},
		{
			ID: "C04", Title: "Coming back takes the next packet",
			Text: "A running thread that asks again gives back its slot and takes the next queued packet in the " +
				"same call, without waiting and without a switch to another thread.",
			Source: "IOCP overview, NT algorithm, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "C05", Title: "A blocked worker frees its slot",
			Text: "When a running thread of the port blocks on something else, it stops counting, and if packets " +
				"are queued a waiting thread is released in its place.",
			Source: "Win32 page of 2000, IOCP overview, NT algorithm, Wine 8 observation",
			Note:   "A worker goroutine that blocks is noticed; Port.Blocking says so exactly and at once.",
			Scope:  Shown,
		},
		{
			ID: "C06", Title: "The limit may be passed for a while",
			Text: "A thread that wakes from such a block counts again at once, without asking. More threads than " +
				"the limit may run for a time, and a thread that asks meanwhile waits although packets are " +
				"queued.",
			Source: "Win32 page of 2000, IOCP overview, NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "C07", Title: "A worker that ends frees its slot",
			Text:   "When a running thread ends, its slot is free again and a waiting thread may be released.",
			Source: "IOCP overview, unverified, Wine 8 observation",
			Note:   "The same for a goroutine that returns without asking again.",
			Scope:  Shown,
		},
		{
			ID: "C08", Title: "Asking another port leaves the first",
			Text:   "A thread works for one port at a time. Asking a second port frees its slot at the first.",
			Source: "IOCP overview, NT algorithm, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "C09", Title: "Polling at the limit",
			Text: "At the limit a poll from a further thread finds nothing although packets are queued, and from " +
				"then on that thread counts as running.",
			Source:  "NT algorithm",
			Windows: "258 WAIT_TIMEOUT",
			Note:    "ErrTimeout.",
			Scope:   Shown,
		},
		{
			ID: "C10", Title: "A timed-out thread runs",
			Text:   "A thread whose wait ended because the time was up counts as running until it asks again.",
			Source: "NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "C11", Title: "Who is not counted",
			Text:   "Threads that never asked the port for a packet do not count, however much they post.",
			Source: "NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "C12", Title: "A batch is one slot",
			Text:   "A thread that takes many packets in one call counts once.",
			Source: "NT algorithm, unverified",
			Scope:  Shown,
		},
		{
			ID: "C13", Title: "A running caller may come first",
			Text: "A thread that comes back while the limit leaves room takes a queued packet ahead of threads that " +
				"have waited longer.",
			Source: "NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "C14", Title: "A handed-over packet is safe",
			Text: "Once a packet is given to a waiting thread no later caller can take it away, even if that thread " +
				"has not run yet.",
			Source:  "report (Wine merge request)",
			Windows: "Wine 8 does not keep to this",
			Scope:   Shown,
		},
		{
			ID: "C15", Title: "Sizing the pool",
			Text: "Start about two threads for each processor, and let the concurrency value be the number of " +
				"processors.",
			Source: "IOCP overview",
			Note:   "Advice in general; here those are the numbers that NewPort and NewPool choose when none are given.",
			Scope:  Shown,
		},
		{
			ID: "C16", Title: "Suspended threads",
			Text:   "A thread that is suspended counts as blocked, so its slot is free.",
			Source: "IOCP overview",
			Scope:  NotHere, Reason: "goroutines cannot be suspended from outside",
		},
		{
			ID: "C17", Title: "Leaving with packets queued",
			Text: "When a thread leaves the port the queued packets stay for others. Only a packet already handed " +
				"to that thread is gone with it.",
			Source: "NT algorithm",
			Scope:  Shown,
		},
		{
			ID: "C18", Title: "Posting from within a wait",
			Text: "A packet posted from an asynchronous procedure call that interrupts a wait on the same port is " +
				"not handed to the thread so interrupted.",
			Source: "NT algorithm",
			Scope:  Shown,
		},
	},
}
