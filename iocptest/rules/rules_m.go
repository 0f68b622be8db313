// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupM = group{
	title: "M. Limits",
	rules: []Rule{
		{
			ID: "M01", Title: "Queued packets",
			Text:    "Queued packets are limited by kernel memory alone.",
			Source:  "NT algorithm",
			Windows: "1450 ERROR_NO_SYSTEM_RESOURCES",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "M02", Title: "Packets in one call",
			Text:    "A call may ask for any number of packets; only memory for a very large array can be short.",
			Source:  "Windows docs (GetQueuedCompletionStatusEx), unverified",
			Windows: "1450 ERROR_NO_SYSTEM_RESOURCES",
			AIX:     "the upper number is not documented",
			Scope:   Shown,
		},
		{
			ID: "M03", Title: "Range of timeouts",
			Text:    "Timeouts count milliseconds; all values but the infinite one are finite, up to 49.7 days.",
			Source:  "Windows docs (GetQueuedCompletionStatus)",
			Windows: "0 to 0xFFFFFFFE",
			AIX:     "the same",
			Note:    "A timeout is a time.Duration, finer and longer than that.",
			Scope:   Shown,
		},
		{
			ID: "M04", Title: "Width of keys",
			Text:   "A key has as many bits as a pointer of the process.",
			Source: "Win32 page",
			AIX:    "32 bits",
			Scope:  Shown,
		},
		{
			ID: "M05", Title: "Size of one transfer",
			Text: "The size of one operation is a 32-bit number on Windows. What the system moves at once may be " +
				"less: writes and sends are still whole, reads may be short.",
			Source: "Windows docs (ReadFile)",
			AIX:    "32 bits",
			Note: "Sizes are lengths of slices. Linux moves at most 0x7ffff000 bytes at a time; the package goes on " +
				"from there by itself.",
			Scope: Shown,
		},
		{
			ID: "M06", Title: "Handles of a process",
			Text:   "A process may hold about 16 million handles.",
			Source: "unverified",
			AIX:    "OPEN_MAX",
			Scope:  Shown,
		},
	},
}
