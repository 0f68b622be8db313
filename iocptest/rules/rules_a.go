// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupA = group{
	title: "A. Creation and association",
	rules: []Rule{
		{
			ID: "A01", Title: "A port without files",
			Text:   "A port can be made with no file on it; files are associated with it afterwards.",
			Source: "Win32 page, Win32 page of 2000, AIX page, Wine 8 observation",
			Windows: "INVALID_HANDLE_VALUE as the file and NULL as the port give a new handle; the last error is left " +
				"alone",
			AIX:   "the same call gives an integer descriptor",
			Note:  "NewPort makes the port. Errors are return values, so there is no last error to leave alone.",
			Scope: Shown,
		},
		{
			ID: "A02", Title: "Key without a file",
			Text: "A key given while no file is given has nothing to stick to: every value is accepted and " +
				"forgotten.",
			Source: "Win32 page, Win32 page of 2000, AIX page, Wine 8 observation",
			Note:   "NewPort takes no key; a key comes with Associate or Post only.",
			Scope:  Shown,
		},
		{
			ID: "A03", Title: "A port named, but no file",
			Text: "To name a port and give it no file is a mistake that is refused. The port itself is not harmed " +
				"and goes on working.",
			Source:  "Win32 page, Win32 page of 2000, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "not documented",
			Note:    "Associate without an endpoint fails and leaves the port usable.",
			Scope:   Shown,
		},
		{
			ID: "A04", Title: "Associate with an existing port",
			Text: "A file can be put on a port that exists already. The answer is the very port that was named, not " +
				"a new one.",
			Source:  "Win32 page, Win32 page of 2000, AIX page, Wine 8 observation",
			Windows: "the handle value that was passed comes back, also when it is a duplicate",
			AIX:     "the descriptor of the port comes back",
			Note: "Associate is a method of the port and returns only an error; nil means the endpoint is on this " +
				"port.",
			Scope: Shown,
		},
		{
			ID: "A05", Title: "Create and associate at once",
			Text: "One step can make a new port and put a first file on it; from then on the file reports there " +
				"with the given key.",
			Source: "Win32 page, Win32 page of 2000, AIX page, Wine 8 observation",
			Note:   "NewPort followed by Associate; the two steps behave as the single call does.",
			Scope:  Shown,
		},
		{
			ID: "A06", Title: "How failure looks",
			Text: "A failed creation or association gives no port at all and says why. The value for failure is " +
				"NULL and never the value that stands for an invalid file.",
			Source:  "Win32 page, Win32 page of 2000, AIX page",
			Windows: "NULL and a last error",
			AIX:     "NULL and errno",
			Note:    "NewPort returns a nil port together with an error; Associate returns an error.",
			Scope:   Shown,
		},
		{
			ID: "A07", Title: "The null file handle",
			Text:    "Handle zero is not a file: associating it fails as an invalid handle.",
			Source:  "Win32 page, AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Note: "An endpoint that was never opened takes the place of handle zero: ErrInvalidHandle. Descriptor 0 " +
				"is an ordinary file on Linux and stays usable.",
			Scope: Shown,
		},
		{
			ID: "A08", Title: "A file that is closed or never was",
			Text: "Associating a closed or meaningless file handle fails as an invalid handle. If a new port was " +
				"asked for in the same step, none is left behind.",
			Source:  "Win32 page, AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Note:    "Associate of a closed endpoint fails; Go's types rule out a handle value that was never one.",
			Scope:   Shown,
		},
		{
			ID: "A09", Title: "A port that is closed or never was",
			Text: "Associating with a closed or meaningless port fails as an invalid handle. The file is left as it " +
				"was and can still be put on another port.",
			Source:  "Win32 page, AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EBADF",
			Note: "The port is a closed one and answers ErrClosed; Go's types rule out a handle value that was " +
				"never one.",
			Scope: Shown,
		},
		{
			ID: "A10", Title: "Something else in place of the port",
			Text:    "Only a port is accepted as a port: an event or a file in its place is an invalid handle.",
			Source:  "Win32 page, AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EBADF",
			Note:    "Go's types rule out every other object; what is left is a port value that NewPort did not make.",
			Scope:   Shown,
		},
		{
			ID: "A11", Title: "Something else in place of the file",
			Text: "Events, threads and ports are not files: associating one fails as an invalid handle. A port can " +
				"never be put on a port.",
			Source:  "Win32 page, AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Note:    "Only the endpoint types of the package can be passed, and Port is none of them.",
			Scope:   Shown,
		},
		{
			ID: "A12", Title: "The pseudo handle of the process",
			Text: "The pseudo handle for the current process has the same value as the mark for \"no file\", so " +
				"passing it only creates a port.",
			Source: "unverified, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "A13", Title: "One port per file, for life",
			Text: "An open file belongs to one port at most, and for as long as it is open. Every further " +
				"association fails, whether it names the same port, another one or a new one, and the first stays " +
				"in force with its key.",
			Source:  "Win32 page, AIX page, test runs on Windows, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "EALREADY for sockets; a file used through AIO picks its port for each request",
			Note:    "ErrAlreadyAssociated, which errors.Is also matches with ErrInvalidParameter.",
			Scope:   Shown,
		},
		{
			ID: "A14", Title: "The rule counts open files, not handles",
			Text: "Duplicates of a handle share one association, so associating a duplicate fails too. Opening the " +
				"same path a second time gives an independent open file, which may go to another port.",
			Source:  "Win32 page, Win32 page of 2000, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER for the duplicate",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "A15", Title: "No port leaks from a failed call",
			Text: "When a port was to be created and the association then fails, no port is left over and nothing " +
				"needs to be closed.",
			Source: "Win32 page, Wine 8 observation",
			Note: "NewPort and Associate are separate steps: a failed Associate takes nothing from the port, and a " +
				"failed NewPort leaves nothing open.",
			Scope: Shown,
		},
		{
			ID: "A16", Title: "Closing the port does not free the file",
			Text: "A file stays associated after the port's handle was closed. Putting it on another port still " +
				"fails.",
			Source:  "Win32 page, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "A17", Title: "The file must be overlapped",
			Text:    "A file, pipe or socket that was opened without overlapped I/O cannot be associated.",
			Source:  "Win32 page, test runs on Windows, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "has no such flag",
			Scope:   Shown,
		},
		{
			ID: "A18", Title: "Console handles",
			Text:    "A console handle cannot be associated, since consoles know no overlapped I/O.",
			Source:  "Win32 page, Wine 8 observation, unverified",
			Windows: "87 ERROR_INVALID_PARAMETER; 6 ERROR_INVALID_HANDLE before Windows 8",
			AIX:     "EINVAL",
			Scope:   Shown,
		},
		{
			ID: "A19", Title: "Anonymous pipes",
			Text:    "The pipe made without a name is never overlapped and is refused.",
			Source:  "Win32 page, Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER",
			AIX:     "EINVAL",
			Scope:   Shown,
		},
		{
			ID: "A20", Title: "Directories",
			Text: "A directory opened for overlapped use is accepted as a file; that is what change notification " +
				"needs.",
			Source: "IOCP overview, Wine 8 observation",
			AIX:    "EINVAL",
			Note: "A directory opened as a File can be associated; watching it for changes comes with a later " +
				"endpoint.",
			Scope: Shown,
		},
		{
			ID: "A21", Title: "Mailslots",
			Text:   "The server end of a mailslot is accepted by Windows. Wine 8 refuses it.",
			Source: "Win32 page, unverified, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "A22", Title: "The null device",
			Text: "The null device is accepted when it was opened for overlapped use. Writing succeeds in full; " +
				"reading ends at once with end of file.",
			Source: "Wine 8 observation, unverified",
			Windows: "38 ERROR_HANDLE_EOF for the read; Windows queues no packet for it when the call itself fails, " +
				"Wine 8 does",
			AIX:   "EINVAL",
			Note:  "/dev/null opened as a File. The end of file is io.EOF.",
			Scope: Shown,
		},
		{
			ID: "A23", Title: "Every kind of socket",
			Text: "Stream, datagram, listening, bound and unbound sockets can all be associated; the state of the " +
				"socket does not matter.",
			Source: "Win32 page, AIX page, Wine 8 observation",
			AIX:    "sockets, and regular files used through AIO; nothing else",
			Note:   "Shown for TCP connections and listeners; the other families come with later endpoints.",
			Scope:  Shown,
		},
		{
			ID: "A24", Title: "A closed socket",
			Text:    "The value of a socket that was closed is an invalid handle.",
			Source:  "AIX page, Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EINVAL",
			Scope:   Shown,
		},
		{
			ID: "A25", Title: "No access right is needed",
			Text: "Association asks for no right on the file: one opened for reading only, or with no access at " +
				"all, is accepted.",
			Source: "Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "A26", Title: "Rights on the port handle",
			Text: "A port handle needs the right to modify for associating, posting and getting, and the right to " +
				"query for reading the depth. A handle without the right is refused.",
			Source:  "NT algorithm, Wine 8 observation",
			Windows: "5 ERROR_ACCESS_DENIED",
			Scope:   Shown,
		},
		{
			ID: "A27", Title: "The key comes back unchanged",
			Text:    "Every packet of a file carries the file's key exactly as it was given, in all its bits.",
			Source:  "Win32 page, AIX page, AIX post page, Wine 8 observation",
			Windows: "as wide as a pointer",
			AIX:     "32 bits",
			Note:    "A key is any Go value and comes back as that value.",
			Scope:   Shown,
		},
		{
			ID: "A28", Title: "The key means nothing to the port",
			Text: "The port never interprets a key and never compares two of them. Different files may have the " +
				"same key.",
			Source: "Win32 page",
			AIX: "keys must tell sockets from AIO files, because the overlapped pointer of the latter is an AIO " +
				"control block",
			Scope: Shown,
		},
		{
			ID: "A29", Title: "Concurrency zero",
			Text:   "A concurrency value of zero stands for the number of processors. Any other number is accepted.",
			Source: "Win32 page, Win32 page of 2000, NT algorithm, Wine 8 observation",
			AIX:    "the value is accepted and not used",
			Note:   "A Config.Concurrency that is negative, or longer than 31 bits, is ErrInvalidParameter.",
			Scope:  Shown,
		},
		{
			ID: "A30", Title: "Concurrency is set once",
			Text: "The concurrency value counts when the port is made. One given later, with an association, is " +
				"ignored without an error.",
			Source: "Win32 page, Wine 8 observation",
			AIX:    "always ignored",
			Note:   "Associate has no such parameter, so no later call can change the value.",
			Scope:  Shown,
		},
		{
			ID: "A31", Title: "Not inherited, not shared between processes",
			Text: "A port handle is not inherited by child processes and a port is meant for the threads of one " +
				"process only.",
			Source: "Win32 page, IOCP overview, Wine 8 observation",
			AIX:    "behaviour across fork is not documented",
			Scope:  Shown,
		},
		{
			ID: "A32", Title: "Many files on one port",
			Text:   "Any number of files can be associated with the same port, each with its own key.",
			Source: "Win32 page",
			Scope:  Shown,
		},
		{
			ID: "A33", Title: "What keeps a port alive",
			Text: "The port exists as long as one of its handles or one associated file is open. Only when all of " +
				"them are closed is it released.",
			Source: "Win32 page, IOCP overview",
			Note:   "A file stays fully usable after the port was closed; the memory is the garbage collector's.",
			Scope:  Shown,
		},
		{
			ID: "A34", Title: "Associating while an operation is pending",
			Text: "An operation that was pending before the association reports to the port as well, with the key " +
				"that was set later. What counts is the association at the moment of completion.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "except when the operation was issued with an APC routine",
			AIX:     "not documented",
			Scope:   Shown,
		},
		{
			ID: "A35", Title: "Replacing or removing an association",
			Text: "Windows 8.1 and later can move an open file to another port or take it off its port through the " +
				"native interface. The documented port functions cannot.",
			Source:  "Windows docs (FILE_COMPLETION_INFORMATION), Wine 8 observation",
			Windows: "NtSetInformationFile class 61; Wine 8 answers that it is not implemented",
			Note:    "There is only the documented form: an association lasts until the endpoint is closed (A13, A16).",
			Scope:   Shown,
		},
		{
			ID: "A36", Title: "Many ports",
			Text:   "A process can have thousands of ports; making and closing them leaks nothing.",
			Source: "Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "A37", Title: "Low bits of a handle",
			Text:   "The system does not look at the two lowest bits of a handle, so they may carry a tag.",
			Source: "unverified, Wine 8 observation",
			Note: "Ports and endpoints are opaque Go values without a number, and two of them are equal only if " +
				"they are the same one.",
			Scope: Shown,
		},
		{
			ID: "A38", Title: "Closing a handle twice",
			Text:    "A second close of the same handle fails as an invalid handle and does no harm.",
			Source:  "Wine 8 observation",
			Windows: "6 ERROR_INVALID_HANDLE",
			AIX:     "EBADF",
			Note:    "The second Close returns an error that says the port or endpoint is closed already.",
			Scope:   Shown,
		},
	},
}
