// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupG = group{
	title: "G. Files",
	rules: []Rule{
		{
			ID: "G01", Title: "Reading and writing",
			Text: "An overlapped read or write of a file queues its packet, whether the call reports pending or an " +
				"immediate success.",
			Source:  "Windows docs (ReadFile), test runs on Windows, report (R. Chen 2010), Wine 8 observation",
			Windows: "997 ERROR_IO_PENDING or TRUE; Wine 8 always 997",
			AIX:     "started through AIO; the packet carries the AIO control block",
			Scope:   Shown,
		},
		{
			ID: "G02", Title: "The offset is in the structure",
			Text: "Each operation says for itself at which offset it works. The offset of the structure is not " +
				"changed by the operation.",
			Source: "Windows docs (OVERLAPPED), Wine 8 observation",
			AIX:    "aio_offset",
			Note:   "The offset is a parameter of Read and Write.",
			Scope:  Shown,
		},
		{
			ID: "G03", Title: "The file pointer stays",
			Text:   "Overlapped reads and writes neither use nor move the file pointer.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G04", Title: "Reading at the end",
			Text: "A read that starts at or behind the end of the file ends with the end-of-file error and no " +
				"bytes, in its packet.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "38 ERROR_HANDLE_EOF in the packet since Windows Vista",
			AIX:     "AIO reports 0 bytes",
			Note:    "io.EOF in the packet.",
			Scope:   Shown,
		},
		{
			ID: "G05", Title: "Reading across the end",
			Text:   "A read that begins before the end and reaches beyond it succeeds with the bytes there are.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G06", Title: "Reading nothing",
			Text:   "A read of zero bytes succeeds with zero bytes, also at or behind the end of the file.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G07", Title: "Writing nothing",
			Text:   "A write of zero bytes succeeds and never makes the file longer, whatever the offset.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G08", Title: "Writing behind the end",
			Text: "A write behind the end makes the file longer, and the gap reads as zeros. Offsets above 4 GiB " +
				"work.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G09", Title: "Appending",
			Text: "The offset with all bits set writes at the end of the file, wherever that is at that moment, and " +
				"leaves the structure's offset as it was.",
			Source:  "Windows docs (WriteFile), test runs on Windows, Wine 8 observation",
			Windows: "Offset and OffsetHigh both 0xFFFFFFFF",
			AIX:     "O_APPEND",
			Note:    "File.Append.",
			Scope:   Shown,
		},
		{
			ID: "G10", Title: "Files opened for appending",
			Text: "On a file opened for appending only, the offset of a write is ignored and the data goes to the " +
				"end.",
			Source: "Windows docs (CreateFile), Wine 8 observation",
			AIX:    "O_APPEND",
			Note:   "A File opened with os.O_APPEND.",
			Scope:  Shown,
		},
		{
			ID: "G11", Title: "Other negative offsets",
			Text: "Every other negative offset, and the appending one in a read, is an error at once without a " +
				"packet.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER; Wine 8 queues a packet as well",
			AIX:     "EINVAL",
			Note:    "ErrInvalidParameter. Appending has its own method, so no negative offset is valid.",
			Scope:   Shown,
		},
		{
			ID: "G12", Title: "Offset plus length too large",
			Text:    "An operation whose range runs past the largest file offset is an error at once.",
			Source:  "Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "EINVAL",
			Note:    "ErrInvalidParameter.",
			Scope:   Shown,
		},
		{
			ID: "G13", Title: "Without the access",
			Text: "Reading a file opened for writing only fails at once without a packet, and so does writing one " +
				"opened for reading only.",
			Source:  "Wine 8 observation",
			Windows: "5 ERROR_ACCESS_DENIED",
			AIX:     "EBADF",
			Scope:   Shown,
		},
		{
			ID: "G14", Title: "Scatter and gather",
			Text:   "Scattered reads and gathered writes of whole pages queue one packet with the total.",
			Source: "Windows docs (ReadFileScatter; WriteFileGather), Wine 8 observation",
			AIX:    "lio_listio",
			Scope:  Shown,
		},
		{
			ID: "G15", Title: "Locking a range",
			Text: "An overlapped lock of a file range reports through the port, granted at once or later. A " +
				"conflict when waiting was ruled out fails at once without a packet.",
			Source:  "IOCP overview, unverified, Wine 8 observation",
			Windows: "33 ERROR_LOCK_VIOLATION; Wine 8 queues no packet for locks",
			Scope:   Shown,
		},
		{
			ID: "G16", Title: "Device control",
			Text: "Device control requests on an associated file report through the port; a code the device does " +
				"not know fails at once without a packet.",
			Source:  "IOCP overview, unverified, Wine 8 observation",
			Windows: "1 ERROR_INVALID_FUNCTION; Wine 8 answers 50 ERROR_NOT_SUPPORTED",
			Scope:   Shown,
		},
		{
			ID: "G17", Title: "Directory changes",
			Text: "A request for directory changes completes with one packet, whose byte count is the size of the " +
				"records in the buffer.",
			Source:  "IOCP overview, Wine 8 observation",
			Windows: "the call returns TRUE",
			Scope:   Shown,
		},
		{
			ID: "G18", Title: "Too many changes",
			Text: "When the changes do not fit the buffer, or there is no buffer, the request succeeds with zero " +
				"bytes: look at the directory again.",
			Source:  "unverified, test runs on Windows",
			Windows: "the success status 0x10C",
			Scope:   Shown,
		},
		{
			ID: "G19", Title: "Directory closed under a request",
			Text:    "Closing the directory while a request is pending ends the request with a packet of its own.",
			Source:  "unverified, Wine 8 observation",
			Windows: "the success status 0x10B with 0 bytes; Wine 8 answers 676",
			Scope:   Shown,
		},
		{
			ID: "G20", Title: "Close right after the start",
			Text:   "A file that is closed right after an operation was started on it still delivers the packet.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "G21", Title: "Cancelling a file operation",
			Text: "Cancelling a read or write of a file usually comes too late: expect that it completes as if " +
				"nothing had happened, or that there is nothing to cancel.",
			Source:  "Windows docs (CancelIoEx), Wine 8 observation",
			Windows: "1168 ERROR_NOT_FOUND",
			AIX:     "only requests that were not cancelled have packets",
			Scope:   Shown,
		},
	},
}
