// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupN = group{
	title: "N. Where it works",
	rules: []Rule{
		{
			ID: "N01", Title: "Any file system",
			Text: "Packets are the same on local, remote and clustered file systems; nothing depends on which one " +
				"holds the file.",
			Source: "Win32 page",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "N02", Title: "Any overlapped object",
			Text: "Whatever supports overlapped I/O can be associated: files, sockets, pipes, mailslots and " +
				"devices.",
			Source: "Win32 page, Win32 page of 2000, AIX page",
			AIX:    "sockets and AIO files only",
			Scope:  Shown,
		},
		{
			ID: "N03", Title: "Oldest system",
			Text: "The functions ask for nothing newer than Windows XP. For Linux the documentation names the " +
				"oldest kernel, and what a kernel offers is probed and never assumed.",
			Source: "Win32 page",
			Scope:  Shown,
		},
	},
}
