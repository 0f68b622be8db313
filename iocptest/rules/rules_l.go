// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupL = group{
	title: "L. What is special to AIX",
	rules: []Rule{
		{
			ID: "L01", Title: "Header and kernel extension",
			Text: "The functions are declared in iocp.h, the one for many packets in sys/iocp.h, and are a kernel " +
				"extension whose device must be available.",
			Source: "AIX page, AIX docs (GetMultipleCompletionStatus), unverified",
			Scope:  NotHere, Reason: "a C header and a kernel extension have no form in Go",
		},
		{
			ID: "L02", Title: "Width of handles and keys",
			Text:   "A port is named by an integer descriptor, and keys are 32 bits wide.",
			Source: "AIX page",
			Scope:  Shown,
		},
		{
			ID: "L03", Title: "Reading and writing sockets",
			Text: "The read and write calls serve sockets only. Done at once means no packet; in progress means a " +
				"packet later; try again means that it could be done neither now nor later.",
			Source: "AIX docs (ReadFile; WriteFile)",
			AIX:    "EINPROGRESS, EAGAIN, and EINVAL for a bad descriptor",
			Scope:  Shown,
		},
		{
			ID: "L04", Title: "No structure: synchronous",
			Text:   "Without a structure the read and write calls are synchronous.",
			Source: "AIX docs (ReadFile)",
			Scope:  Shown,
		},
		{
			ID: "L05", Title: "Errors of getting a packet",
			Text: "A call for a packet fails when the time is up, for a bad port, when a signal interrupts it, or " +
				"because the request it reports failed on a broken connection.",
			Source: "AIX docs (GetQueuedCompletionStatus)",
			AIX:    "ETIMEDOUT, EINVAL, EAGAIN, ENOTCONN",
			Scope:  Shown,
		},
		{
			ID: "L06", Title: "A file on several ports",
			Text:   "A file used through AIO may report to several ports: each request names its own.",
			Source: "AIX docs (AIO requests)",
			AIX:    "aio_iocpfd with AIOCBX_VERS2 and AIO_EXTENDED",
			Scope:  Shown,
		},
		{
			ID: "L07", Title: "File I/O starts elsewhere",
			Text:   "A port only reports the end of file requests; they are started through AIO.",
			Source: "AIX docs (AIO requests)",
			Scope:  Shown,
		},
		{
			ID: "L08", Title: "The structure of a file packet",
			Text: "The packet of a file request carries the AIO control block in place of the structure, so keys " +
				"must tell files from sockets.",
			Source: "AIX docs (GetQueuedCompletionStatus)",
			Scope:  Shown,
		},
		{
			ID: "L09", Title: "Cancelled file requests",
			Text: "A cancelled file request seems to queue no packet, and a call that waits for several packets " +
				"goes on waiting for it.",
			Source: "AIX docs (AIO requests; GetMultipleCompletionStatus)",
			Scope:  Shown,
		},
		{
			ID: "L10", Title: "Error numbers of creating and posting",
			Text: "Association answers differently to a bad port, a bad file and a second association. Posting " +
				"tells a null port from an invalid one, the other way round.",
			Source: "AIX page, AIX post page",
			AIX:    "association EBADF, EINVAL, EALREADY; posting EBADF for null, EINVAL for invalid",
			Scope:  Shown,
		},
		{
			ID: "L11", Title: "What is not there",
			Text: "The concurrency value is accepted and ignored. There is no cancelling, accepting, connecting or " +
				"skipping through ports.",
			Source: "AIX page",
			Scope:  Shown,
		},
		{
			ID: "L12", Title: "The examples of the pages",
			Text: "The pages show a port alone, a descriptor with a new port and a descriptor with an existing " +
				"port. The example for posting names another function by mistake.",
			Source: "AIX page, AIX post page",
			Scope:  Shown,
		},
	},
}
