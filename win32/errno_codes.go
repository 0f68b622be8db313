// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

// Errors of files and handles.
const (
	ERROR_SUCCESS               Errno = 0    // no error
	ERROR_INVALID_FUNCTION      Errno = 1    // the object does not have this function
	ERROR_FILE_NOT_FOUND        Errno = 2    // there is no such file
	ERROR_PATH_NOT_FOUND        Errno = 3    // a directory of the path does not exist
	ERROR_TOO_MANY_OPEN_FILES   Errno = 4    // no more files can be opened
	ERROR_ACCESS_DENIED         Errno = 5    // the handle or the file does not allow this access
	ERROR_INVALID_HANDLE        Errno = 6    // the handle is invalid
	ERROR_NOT_ENOUGH_MEMORY     Errno = 8    // there is not enough memory
	ERROR_INVALID_ACCESS        Errno = 12   // the access code is not one of those defined
	ERROR_INVALID_DATA          Errno = 13   // the data does not have the expected form
	ERROR_OUTOFMEMORY           Errno = 14   // memory is used up
	ERROR_NOT_SAME_DEVICE       Errno = 17   // the two names are on different file systems
	ERROR_NO_MORE_FILES         Errno = 18   // there are no further files
	ERROR_WRITE_PROTECT         Errno = 19   // the medium is write protected
	ERROR_NOT_READY             Errno = 21   // the device is not ready
	ERROR_BAD_LENGTH            Errno = 24   // the structure does not have the length the function needs
	ERROR_SEEK                  Errno = 25   // the position cannot be reached on this device
	ERROR_WRITE_FAULT           Errno = 29   // the device did not take the data
	ERROR_READ_FAULT            Errno = 30   // the device did not give the data
	ERROR_GEN_FAILURE           Errno = 31   // the operation failed for a reason that the system does not name
	ERROR_SHARING_VIOLATION     Errno = 32   // the file is open elsewhere in a way that forbids this
	ERROR_LOCK_VIOLATION        Errno = 33   // another lock covers a part of the range
	ERROR_HANDLE_EOF            Errno = 38   // the end of the file was reached
	ERROR_HANDLE_DISK_FULL      Errno = 39   // there is no space left for the handle
	ERROR_NOT_SUPPORTED         Errno = 50   // the request is not supported
	ERROR_REM_NOT_LIST          Errno = 51   // the remote computer does not answer
	ERROR_DUP_NAME              Errno = 52   // the name or address is in use already
	ERROR_BAD_NETPATH           Errno = 53   // the network path does not exist
	ERROR_NETWORK_BUSY          Errno = 54   // the network is busy
	ERROR_UNEXP_NET_ERR         Errno = 59   // the network reported an error of another kind
	ERROR_NETNAME_DELETED       Errno = 64   // the connection was reset by the other side
	ERROR_TOO_MANY_NAMES        Errno = 68   // there are too many names or addresses
	ERROR_FILE_EXISTS           Errno = 80   // the file exists already
	ERROR_CANNOT_MAKE           Errno = 82   // the file or directory cannot be made
	ERROR_INVALID_PARAMETER     Errno = 87   // an argument is invalid
	ERROR_BROKEN_PIPE           Errno = 109  // the other end of the pipe was closed
	ERROR_OPEN_FAILED           Errno = 110  // the file or device cannot be opened
	ERROR_BUFFER_OVERFLOW       Errno = 111  // the name is too long for the buffer
	ERROR_DISK_FULL             Errno = 112  // there is no space left on the disk
	ERROR_CALL_NOT_IMPLEMENTED  Errno = 120  // the function does not exist on this system
	ERROR_SEM_TIMEOUT           Errno = 121  // the time for the operation ran out
	ERROR_INSUFFICIENT_BUFFER   Errno = 122  // the buffer is too small
	ERROR_INVALID_NAME          Errno = 123  // the name is not a valid one
	ERROR_INVALID_LEVEL         Errno = 124  // the level of information is not defined
	ERROR_MOD_NOT_FOUND         Errno = 126  // the module was not found
	ERROR_PROC_NOT_FOUND        Errno = 127  // the function was not found
	ERROR_NEGATIVE_SEEK         Errno = 131  // the position would be before the start of the file
	ERROR_DIR_NOT_EMPTY         Errno = 145  // the directory is not empty
	ERROR_PATH_BUSY             Errno = 148  // the path cannot be used now
	ERROR_NOT_LOCKED            Errno = 158  // the range is not locked
	ERROR_BAD_PATHNAME          Errno = 161  // the path is not a valid one
	ERROR_LOCK_FAILED           Errno = 167  // the range of the file cannot be locked
	ERROR_BUSY                  Errno = 170  // the object is in use
	ERROR_ALREADY_EXISTS        Errno = 183  // an object of this name exists already
	ERROR_FILENAME_EXCED_RANGE  Errno = 206  // the name is too long
	ERROR_FILE_TOO_LARGE        Errno = 223  // the file would be larger than its file system allows
	ERROR_DIRECTORY             Errno = 267  // the path is not a directory
	ERROR_NOT_OWNER             Errno = 288  // the caller does not own what it wants to release
	ERROR_TOO_MANY_POSTS        Errno = 298  // the semaphore cannot count so far
	ERROR_DELETE_PENDING        Errno = 303  // the file is about to be deleted
	ERROR_INVALID_LOCK_RANGE    Errno = 307  // the range to be locked is not a valid one
	ERROR_MR_MID_NOT_FOUND      Errno = 317  // the status has no error code of its own
	ERROR_NO_SUCH_DEVICE        Errno = 433  // there is no such device
	ERROR_INVALID_ADDRESS       Errno = 487  // the address is not valid
	ERROR_FILE_INVALID          Errno = 1006 // the file was changed from outside and is not valid any more
	ERROR_NO_TOKEN              Errno = 1008 // the calling thread has no token
	ERROR_NOTIFY_ENUM_DIR       Errno = 1022 // changes were lost; read the directory anew
	ERROR_IO_DEVICE             Errno = 1117 // the device reported an input or output error
	ERROR_TOO_MANY_LINKS        Errno = 1142 // the file has as many links as its file system allows
	ERROR_NOT_FOUND             Errno = 1168 // there is nothing of the kind to be found
	ERROR_CANCELLED             Errno = 1223 // the user cancelled the operation
	ERROR_PRIVILEGE_NOT_HELD    Errno = 1314 // a privilege that is needed is missing
	ERROR_NO_SYSTEM_RESOURCES   Errno = 1450 // the system is short of resources for this
	ERROR_TIMEOUT               Errno = 1460 // the time for the operation ran out
	ERROR_INVALID_USER_BUFFER   Errno = 1784 // the buffer cannot be used for this transfer
	ERROR_NOT_ENOUGH_QUOTA      Errno = 1816 // the quota is used up
	ERROR_CANT_ACCESS_FILE      Errno = 1920 // the system cannot get at the file
	ERROR_CANT_RESOLVE_FILENAME Errno = 1921 // the name cannot be resolved: too many links on the way
)

// Errors, and other results, of overlapped operations and waits.
const (
	WAIT_IO_COMPLETION        Errno = 192 // the wait ended because an asynchronous procedure call ran
	WAIT_TIMEOUT              Errno = 258 // the time for the wait ran out
	ERROR_ARITHMETIC_OVERFLOW Errno = 534 // a number is too large for its type
	ERROR_HANDLES_CLOSED      Errno = 676 // the handle was closed while the operation was pending
	ERROR_ABANDONED_WAIT_0    Errno = 735 // the port was closed during the wait
	ERROR_USER_APC            Errno = 737 // an asynchronous procedure call ended the wait
	ERROR_NOTIFY_CLEANUP      Errno = 745 // the directory was closed while changes were awaited
	ERROR_OPERATION_ABORTED   Errno = 995 // the operation was cancelled
	ERROR_IO_INCOMPLETE       Errno = 996 // the operation is not over yet
	ERROR_IO_PENDING          Errno = 997 // the operation is pending; its completion will be reported
	ERROR_NOACCESS            Errno = 998 // the memory cannot be accessed
)

// Errors of pipes.
const (
	ERROR_BAD_PIPE           Errno = 230 // the pipe is not in a state that allows this
	ERROR_PIPE_BUSY          Errno = 231 // all instances of the pipe are in use
	ERROR_NO_DATA            Errno = 232 // the pipe is being closed
	ERROR_PIPE_NOT_CONNECTED Errno = 233 // no process is at the other end of the pipe
	ERROR_MORE_DATA          Errno = 234 // there is more data than the buffer takes
	ERROR_PIPE_CONNECTED     Errno = 535 // a process is at the other end of the pipe already
	ERROR_PIPE_LISTENING     Errno = 536 // the pipe still waits for a process to open its other end
)

// Errors of the network as file functions report them: GetQueuedCompletionStatus, ReadFile,
// GetOverlappedResult (F26).
const (
	ERROR_INVALID_NETNAME            Errno = 1214 // the network name is not a valid one
	ERROR_CONNECTION_REFUSED         Errno = 1225 // the remote computer refused the connection
	ERROR_GRACEFUL_DISCONNECT        Errno = 1226 // the connection was closed in an orderly way
	ERROR_ADDRESS_ALREADY_ASSOCIATED Errno = 1227 // the end point has an address already
	ERROR_ADDRESS_NOT_ASSOCIATED     Errno = 1228 // the end point has no address yet
	ERROR_CONNECTION_INVALID         Errno = 1229 // there is no such connection
	ERROR_CONNECTION_ACTIVE          Errno = 1230 // the connection is made already
	ERROR_NETWORK_UNREACHABLE        Errno = 1231 // the network cannot be reached
	ERROR_HOST_UNREACHABLE           Errno = 1232 // the remote computer cannot be reached
	ERROR_PROTOCOL_UNREACHABLE       Errno = 1233 // the remote computer does not take this protocol
	ERROR_PORT_UNREACHABLE           Errno = 1234 // nobody listens on the remote port
	ERROR_REQUEST_ABORTED            Errno = 1235 // the request was aborted
	ERROR_CONNECTION_ABORTED         Errno = 1236 // the connection was ended by this computer
	ERROR_RETRY                      Errno = 1237 // the operation may succeed when tried again
	ERROR_CONNECTION_COUNT_LIMIT     Errno = 1238 // there are as many connections as are allowed
	ERROR_INCORRECT_ADDRESS          Errno = 1241 // the network address is not usable
	ERROR_HOST_DOWN                  Errno = 1256 // the remote computer is down
)

// Errors of the network as socket functions report them: WSARecv, WSAGetOverlappedResult (F26).
const (
	WSAEINTR           Errno = 10004 // the blocking call was interrupted
	WSAEBADF           Errno = 10009 // the socket descriptor is invalid
	WSAEACCES          Errno = 10013 // the socket does not allow this access
	WSAEFAULT          Errno = 10014 // the pointer or the length of a buffer is invalid
	WSAEINVAL          Errno = 10022 // an argument is invalid, or the socket is in the wrong state
	WSAEMFILE          Errno = 10024 // no more sockets can be opened
	WSAEWOULDBLOCK     Errno = 10035 // the call would have to wait on a socket that must not
	WSAEINPROGRESS     Errno = 10036 // a blocking call is under way
	WSAEALREADY        Errno = 10037 // the operation is under way already
	WSAENOTSOCK        Errno = 10038 // the handle is not a socket
	WSAEDESTADDRREQ    Errno = 10039 // a destination address is needed
	WSAEMSGSIZE        Errno = 10040 // the message is larger than the buffer or the network takes
	WSAEPROTOTYPE      Errno = 10041 // the protocol does not fit the type of the socket
	WSAENOPROTOOPT     Errno = 10042 // the socket option is unknown or does not fit the protocol
	WSAEPROTONOSUPPORT Errno = 10043 // the protocol is not supported
	WSAESOCKTNOSUPPORT Errno = 10044 // the type of socket is not supported
	WSAEOPNOTSUPP      Errno = 10045 // the socket does not have this operation
	WSAEPFNOSUPPORT    Errno = 10046 // the protocol family is not supported
	WSAEAFNOSUPPORT    Errno = 10047 // the address family does not fit the protocol
	WSAEADDRINUSE      Errno = 10048 // the address is in use
	WSAEADDRNOTAVAIL   Errno = 10049 // the address is not one of this computer
	WSAENETDOWN        Errno = 10050 // the network is down
	WSAENETUNREACH     Errno = 10051 // the network cannot be reached
	WSAENETRESET       Errno = 10052 // the network dropped the connection
	WSAECONNABORTED    Errno = 10053 // the connection was ended by this computer
	WSAECONNRESET      Errno = 10054 // the connection was reset by the other side
	WSAENOBUFS         Errno = 10055 // the system has no room left for buffers or queues
	WSAEISCONN         Errno = 10056 // the socket is connected already
	WSAENOTCONN        Errno = 10057 // the socket is not connected
	WSAESHUTDOWN       Errno = 10058 // the socket was shut down in this direction
	WSAETOOMANYREFS    Errno = 10059 // there are too many references to the object
	WSAETIMEDOUT       Errno = 10060 // the other side did not answer in time
	WSAECONNREFUSED    Errno = 10061 // the remote computer refused the connection
	WSAELOOP           Errno = 10062 // the name cannot be translated: too many links on the way
	WSAENAMETOOLONG    Errno = 10063 // the name is too long
	WSAEHOSTDOWN       Errno = 10064 // the remote computer is down
	WSAEHOSTUNREACH    Errno = 10065 // the remote computer cannot be reached
	WSAEPROCLIM        Errno = 10067 // there are as many users of sockets as are allowed
	WSASYSNOTREADY     Errno = 10091 // the network is not ready for use
	WSAVERNOTSUPPORTED Errno = 10092 // this version of Winsock is not supported
	WSANOTINITIALISED  Errno = 10093 // no call of WSAStartup came before
	WSAEDISCON         Errno = 10101 // the other side closed the connection in an orderly way
	WSAECANCELLED      Errno = 10103 // the call was cancelled
	WSATYPE_NOT_FOUND  Errno = 10109 // the class was not found
	WSAEREFUSED        Errno = 10112 // the query was refused
	WSAHOST_NOT_FOUND  Errno = 11001 // there is no such host
	WSATRY_AGAIN       Errno = 11002 // the name could not be looked up now; try again
	WSANO_RECOVERY     Errno = 11003 // the name could not be looked up
	WSANO_DATA         Errno = 11004 // the name has no address of this kind
)

// Winsock's other names for codes that file functions use, too.
const (
	WSA_INVALID_HANDLE    = ERROR_INVALID_HANDLE
	WSA_NOT_ENOUGH_MEMORY = ERROR_NOT_ENOUGH_MEMORY
	WSA_INVALID_PARAMETER = ERROR_INVALID_PARAMETER
	WSA_OPERATION_ABORTED = ERROR_OPERATION_ABORTED
	WSA_IO_INCOMPLETE     = ERROR_IO_INCOMPLETE
	WSA_IO_PENDING        = ERROR_IO_PENDING
)
