// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules

var groupI = group{
	title: "I. Sockets",
	rules: []Rule{
		{
			ID: "I01", Title: "Receiving",
			Text: "A receive pends until data comes, or completes at once if some is there. A packet comes either " +
				"way.",
			Source:  "Windows docs (WSARecv), Wine 8 observation",
			Windows: "997 WSA_IO_PENDING or 0",
			AIX:     "EINPROGRESS and a packet later, or TRUE and no packet",
			Scope:   Shown,
		},
		{
			ID: "I02", Title: "Sending",
			Text:   "A send of one or several buffers, also an empty one, queues one packet with the total.",
			Source: "Windows docs (WSASend), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I03", Title: "A send is whole",
			Text:   "A send on a stream completes only when all its bytes have been taken, however large it is.",
			Source: "Wine 8 observation",
			AIX:    "not documented",
			Scope:  Shown,
		},
		{
			ID: "I04", Title: "Orderly close by the peer",
			Text: "When the peer closes in an orderly way, a receive that pends or is started later ends with zero " +
				"bytes.",
			Source:  "Windows docs (WSARecv), Wine 8 observation",
			Windows: "TRUE, 0 bytes",
			AIX:     "a count of 0",
			Note:    "The packet carries io.EOF, so that it cannot be taken for an empty receive.",
			Scope:   Shown,
		},
		{
			ID: "I05", Title: "Reset under a receive",
			Text:    "A reset by the peer ends a pending receive with an error packet.",
			Source:  "test runs on Windows, AIX docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "64 ERROR_NETNAME_DELETED, as a socket error 10054",
			AIX:     "ENOTCONN",
			Note:    "ECONNRESET in a *net.OpError.",
			Scope:   Shown,
		},
		{
			ID: "I06", Title: "Receiving after a reset",
			Text:   "Once a reset was reported every further receive fails.",
			Source: "test runs on Windows, Wine 8 observation",
			Windows: "10054 at once, no packet; 10053 if our own send to a closed peer provoked the reset; Wine 8 " +
				"returns 0 bytes",
			AIX:   "ENOTCONN",
			Scope: Shown,
		},
		{
			ID: "I07", Title: "Sending after a reset",
			Text:    "A send after a reset fails. The first send after an orderly close by the peer still succeeds.",
			Source:  "Wine 8 observation",
			Windows: "10054 at once, no packet",
			Scope:   Shown,
		},
		{
			ID: "I08", Title: "Not connected",
			Text:    "Receiving or sending on a stream socket that is not connected fails at once without a packet.",
			Source:  "test runs on Windows, unverified, Wine 8 observation",
			Windows: "10057 WSAENOTCONN, also for a listening socket; Wine 8 answers 10054 to a send",
			AIX:     "ENOTCONN",
			Note:    "ENOTCONN in a *net.OpError; a TCPListener has no such methods.",
			Scope:   Shown,
		},
		{
			ID: "I09", Title: "Unbound datagram receive",
			Text: "A receive on a datagram socket without an address fails at once, and so does a send that names " +
				"no destination.",
			Source:  "Windows docs (WSARecv), test runs on Windows, Wine 8 observation",
			Windows: "10022 WSAEINVAL and 10057 WSAENOTCONN; Wine 8 lets the receive pend",
			Scope:   Shown,
		},
		{
			ID: "I10", Title: "Not a socket",
			Text:    "Socket operations on something that is no socket fail at once.",
			Source:  "Wine 8 observation",
			Windows: "10038 WSAENOTSOCK",
			AIX:     "EINVAL",
			Scope:   Shown,
		},
		{
			ID: "I11", Title: "Receiving nothing from a stream",
			Text:   "A receive of zero bytes on a stream pends until something can be read and takes nothing of it.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I12", Title: "Receiving nothing from datagrams",
			Text: "A receive of zero bytes on a datagram socket consumes the datagram and reports it as cut off: it " +
				"is no way to wait for data.",
			Source:  "report (zio pull request 733), Wine 8 observation",
			Windows: "10040 WSAEMSGSIZE, and 234 ERROR_MORE_DATA in the packet",
			Scope:   Shown,
		},
		{
			ID: "I13", Title: "Datagram longer than the buffer",
			Text: "A datagram that does not fit fills the buffer, reports that it was cut off together with the " +
				"sender's address, and its rest is lost.",
			Source:  "Windows docs (WSARecv), Wine 8 observation",
			Windows: "234 ERROR_MORE_DATA in the packet; 10040 WSAEMSGSIZE from the call as well when it ended at once",
			Note:    "ErrTruncated, which is EMSGSIZE, together with Bytes.",
			Scope:   Shown,
		},
		{
			ID: "I14", Title: "Empty datagrams",
			Text:   "An empty datagram completes a receive with success and zero bytes.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I15", Title: "Datagram to a closed port",
			Text: "On Windows a receive fails after an earlier datagram of this socket found no receiver; a control " +
				"code turns this off.",
			Source:  "Windows docs (WSARecv), Wine 8 observation",
			Windows: "10054 WSAECONNRESET or 1234 ERROR_PORT_UNREACHABLE; Wine 8 keeps waiting",
			Note:    "ECONNREFUSED, as Socket.ReportUnreachable says; by default on connected sockets only.",
			Scope:   Shown,
		},
		{
			ID: "I16", Title: "Datagram too large to send",
			Text:    "Sending a datagram larger than the protocol allows fails at once without a packet.",
			Source:  "Wine 8 observation",
			Windows: "10040 WSAEMSGSIZE; Wine 8 also queues a packet",
			AIX:     "EMSGSIZE",
			Scope:   Shown,
		},
		{
			ID: "I17", Title: "Several receives fill in order",
			Text:   "Receives that pend on the same socket are filled in the order in which they were started.",
			Source: "Windows docs (WSARecv), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I18", Title: "Peeking",
			Text:   "A receive that only peeks pends and completes like any other and leaves the data in place.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I19", Title: "Receiving until the buffer is full",
			Text:    "A receive that waits for all pends until its buffer is full.",
			Source:  "Windows docs (WSARecv), test runs on Windows, Wine 8 observation",
			Windows: "Wine 8 completes it early",
			Scope:   Shown,
		},
		{
			ID: "I20", Title: "Shutting down the receiving side",
			Text: "A receive that pends when the receiving side is shut down stays pending and still gets data that " +
				"arrives; new receives fail.",
			Source:  "test runs on Windows, unverified, Wine 8 observation",
			Windows: "10058 WSAESHUTDOWN",
			Scope:   Shown,
		},
		{
			ID: "I21", Title: "Sending after shutting down",
			Text:    "A send after the sending side was shut down fails at once without a packet.",
			Source:  "Wine 8 observation",
			Windows: "10058 WSAESHUTDOWN",
			AIX:     "EPIPE",
			Scope:   Shown,
		},
		{
			ID: "I22", Title: "Non-blocking mode does not matter",
			Text:    "An overlapped operation pends in non-blocking mode just as in blocking mode.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "997; a call without a structure answers 10035 WSAEWOULDBLOCK",
			AIX:     "EAGAIN: it cannot be done asynchronously",
			Scope:   Shown,
		},
		{
			ID: "I23", Title: "File calls on sockets",
			Text: "The read and write calls of files work on sockets; the offset is ignored and the end of the " +
				"stream is a success with zero bytes.",
			Source: "Win32 page, Wine 8 observation",
			AIX:    "the only way to do it",
			Scope:  Shown,
		},
		{
			ID: "I24", Title: "Closing a socket with requests pending",
			Text: "Closing a socket ends each pending request with one packet. A receive on a connected stream " +
				"reports an aborted connection, any other request reports cancellation.",
			Source:  "test runs on Windows, AIX docs (GetQueuedCompletionStatus), Wine 8 observation",
			Windows: "1236 ERROR_CONNECTION_ABORTED, otherwise 995 ERROR_OPERATION_ABORTED; Wine 8 answers 676",
			AIX:     "ENOTCONN",
			Note:    "The error of each packet says that the endpoint was closed.",
			Scope:   Shown,
		},
		{
			ID: "I25", Title: "Closing a listener",
			Text:    "Closing a listener ends every pending accept with one cancellation packet each.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED",
			Scope:   Shown,
		},
		{
			ID: "I26", Title: "Closing the socket to be accepted into",
			Text: "Closing the socket that an accept is to fill ends the accept; its packet carries the key of the " +
				"listener.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED, or 64 or 1236",
			Note:    "The TCPConn or Socket passed to Accept takes the place of that socket.",
			Scope:   Shown,
		},
		{
			ID: "I27", Title: "Accepting",
			Text: "An accept without room for data completes when a connection is there, with zero bytes; both " +
				"addresses can be had then.",
			Source: "Windows docs (AcceptEx), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I28", Title: "Accepting with first data",
			Text: "An accept with room for data completes only when the first bytes have come, and reports how " +
				"many.",
			Source: "Windows docs (AcceptEx), Wine 8 observation",
			Note:   "TCPListener.AcceptData.",
			Scope:  Shown,
		},
		{
			ID: "I29", Title: "First data that never comes",
			Text: "If the peer connects and closes without sending, an accept that waits for data ends with success " +
				"and zero bytes. If the peer resets, it fails.",
			Source:  "test runs on Windows, Wine 8 observation",
			Windows: "TRUE, 0 bytes; 64 ERROR_NETNAME_DELETED",
			Scope:   Shown,
		},
		{
			ID: "I30", Title: "Reset before the accept",
			Text: "A connection that was reset before it was accepted either fails the accept or is passed over for " +
				"the next one.",
			Source:  "Windows docs (AcceptEx), Wine 8 observation",
			Windows: "10054 WSAECONNRESET; Wine 8 answers 59 ERROR_UNEXP_NET_ERR",
			Scope:   Shown,
		},
		{
			ID: "I31", Title: "Updating the accepted socket",
			Text: "On Windows an accepted socket must be given the listener's context before functions such as " +
				"asking for the peer's address work.",
			Source:  "Windows docs (AcceptEx), unverified, Wine 8 observation",
			Windows: "10057 WSAENOTCONN before",
			Scope:   Shown,
		},
		{
			ID: "I32", Title: "Accepted sockets are on no port",
			Text: "Accepting does not put the new socket on the listener's port. The accept reports with the " +
				"listener's key; the new socket reports only after an association of its own.",
			Source: "Windows docs (AcceptEx), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I33", Title: "Wrong arguments of an accept",
			Text: "A socket that is not listening, an accept socket in use and unusable buffers are refused at " +
				"once. A local address length that is too small fails when a client connects, which stays in the " +
				"backlog.",
			Source: "Windows docs (AcceptEx), test runs on Windows, Wine 8 observation",
			Windows: "10022 WSAEINVAL, 10038 WSAENOTSOCK, 87, 10014 WSAEFAULT; 122 ERROR_INSUFFICIENT_BUFFER in the " +
				"packet",
			Scope: Shown,
		},
		{
			ID: "I34", Title: "The connection was there first",
			Text: "An accept that finds a connection waiting queues its packet like any other, whether it reports " +
				"pending or not.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I35", Title: "Connecting needs a bound socket",
			Text:    "The overlapped connect refuses a socket that is not bound, at once and without a packet.",
			Source:  "Windows docs (ConnectEx), Wine 8 observation",
			Windows: "10022 WSAEINVAL",
			Scope:   Shown,
		},
		{
			ID: "I36", Title: "Connecting with first data",
			Text: "A connect queues one packet. Its byte count is the data sent along with the connect, zero if " +
				"there was none.",
			Source: "Windows docs (ConnectEx), Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I37", Title: "Connection refused",
			Text:    "A refused connect ends with an error packet, and the socket may try again.",
			Source:  "Windows docs (ConnectEx), Wine 8 observation",
			Windows: "1225 ERROR_CONNECTION_REFUSED, as a socket error 10061; Wine 8 answers 10053 to the second try",
			Note:    "ECONNREFUSED in a *net.OpError.",
			Scope:   Shown,
		},
		{
			ID: "I38", Title: "Connected already",
			Text:    "Connecting a connected socket fails at once, and so does a connect without a structure.",
			Source:  "Windows docs (ConnectEx), test runs on Windows, Wine 8 observation",
			Windows: "10056 WSAEISCONN, 87 ERROR_INVALID_PARAMETER",
			Scope:   Shown,
		},
		{
			ID: "I39", Title: "Updating the connected socket",
			Text: "On Windows a socket connected this way must have its context updated before some functions work " +
				"on it.",
			Source:  "Windows docs (ConnectEx), unverified, test runs on Windows, Wine 8 observation",
			Windows: "before: 10057 WSAENOTCONN, 10022 WSAEINVAL for connect, 10056 WSAEISCONN for ConnectEx",
			Scope:   Shown,
		},
		{
			ID: "I40", Title: "Disconnecting",
			Text: "A disconnect ends the sending side and queues a packet with zero bytes; what the peer still " +
				"sends can be received. On a socket that is not connected it fails at once.",
			Source:  "Windows docs (DisconnectEx), test runs on Windows, Wine 8 observation",
			Windows: "997; 10057 WSAENOTCONN; 10022 WSAEINVAL for wrong flags; the packet also comes in skip mode",
			Note:    "TCPConn.Disconnect.",
			Scope:   Shown,
		},
		{
			ID: "I41", Title: "Using a socket again",
			Text: "A socket disconnected for reuse can be accepted into or connected again. It is still on its " +
				"port, so it cannot be associated a second time.",
			Source:  "Windows docs (DisconnectEx), Wine 8 observation",
			Windows: "87 ERROR_INVALID_PARAMETER for the association",
			Scope:   Shown,
		},
		{
			ID: "I42", Title: "No reuse unless asked for",
			Text:    "A socket disconnected without asking for reuse cannot be connected again.",
			Source:  "test runs on Windows",
			Windows: "10056 WSAEISCONN",
			Scope:   Shown,
		},
		{
			ID: "I43", Title: "Sending a file",
			Text: "A head, a range of a file and a tail can be sent in one operation with one packet for the total. " +
				"The offset is that of the operation, and the file pointer is not used.",
			Source: "Windows docs (TransmitFile), Wine 8 observation",
			AIX:    "send_file, without a port",
			Note:   "TCPConn.SendFile.",
			Scope:  Shown,
		},
		{
			ID: "I44", Title: "Cancelling a receive",
			Text: "A receive that is cancelled ends with a cancellation packet and no bytes; data that comes later " +
				"goes to the next receive.",
			Source:  "Windows docs (CancelIoEx), Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED",
			Note:    "ErrCanceled.",
			Scope:   Shown,
		},
		{
			ID: "I45", Title: "Cancelling a send half done",
			Text: "A send that is cancelled after part of it went out reports cancellation with the number of bytes " +
				"that were sent.",
			Source:  "Wine 8 observation",
			Windows: "995 ERROR_OPERATION_ABORTED; what the stream then holds is undefined on Windows",
			Note:    "ErrCanceled together with Bytes.",
			Scope:   Shown,
		},
		{
			ID: "I46", Title: "Duplicating a socket",
			Text: "A duplicated socket is the same open object: it reports with the original key, and closing one " +
				"of the two ends no pending operation.",
			Source: "test runs on Windows, Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I47", Title: "No buffers at all",
			Text:    "A send or receive with a list of zero buffers is refused at once.",
			Source:  "test runs on Windows, unverified, Wine 8 observation",
			Windows: "10022 WSAEINVAL; Wine 8 completes it with a packet",
			AIX:     "EINVAL",
			Scope:   Shown,
		},
		{
			ID: "I48", Title: "Thread end and sockets",
			Text:   "What the end of a thread does to its socket operations is what F20 says.",
			Source: "Wine 8 observation",
			Scope:  Shown,
		},
		{
			ID: "I49", Title: "Registered I/O",
			Text:    "Completion queues of registered I/O can notify a port.",
			Source:  "Wine 8 observation, unverified",
			Windows: "Wine 8 has none: 10045 WSAEOPNOTSUPP",
			Scope:   NotHere, Reason: "registered I/O is an interface of Windows of its own and not part of this project",
		},
	},
}
