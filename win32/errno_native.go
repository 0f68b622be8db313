// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import "syscall"

// nativeRow says which status and which codes stand for an error number of a Unix kernel. A
// code that is 0 is the status's own.
type nativeRow struct {
	errno  syscall.Errno
	status NTSTATUS
	code   Errno // of file functions
	wsa    Errno // of socket functions
}

// fileCode is the code a file function fails with.
func (r nativeRow) fileCode() Errno {
	if r.code != 0 {
		return r.code
	}
	return r.status.Errno()
}

// socketCode is the code a socket function fails with.
func (r nativeRow) socketCode() Errno {
	if r.wsa != 0 {
		return r.wsa
	}
	return r.status.WSAErrno()
}

// nativeRows has a row for each error number that system calls on files, pipes and sockets
// are documented to fail with.
var nativeRows = [...]nativeRow{
	{syscall.EPERM, STATUS_ACCESS_DENIED, 0, 0},
	{syscall.ENOENT, STATUS_OBJECT_NAME_NOT_FOUND, 0, 0},
	{syscall.EINTR, STATUS_REQUEST_ABORTED, 0, 0},
	{syscall.EIO, STATUS_IO_DEVICE_ERROR, 0, 0},
	{syscall.ENXIO, STATUS_NO_SUCH_DEVICE, 0, 0},
	{syscall.EBADF, STATUS_INVALID_HANDLE, 0, 0},
	{syscall.EAGAIN, STATUS_INSUFFICIENT_RESOURCES, 0, WSAEWOULDBLOCK},
	{syscall.ENOMEM, STATUS_INSUFFICIENT_RESOURCES, 0, 0},
	{syscall.EACCES, STATUS_ACCESS_DENIED, 0, 0},
	{syscall.EFAULT, STATUS_ACCESS_VIOLATION, 0, 0},
	{syscall.EBUSY, STATUS_SHARING_VIOLATION, 0, 0},
	{syscall.EEXIST, STATUS_OBJECT_NAME_COLLISION, ERROR_FILE_EXISTS, 0}, // CreateFile with CREATE_NEW
	{syscall.EXDEV, STATUS_NOT_SAME_DEVICE, 0, 0},
	{syscall.ENODEV, STATUS_NO_SUCH_DEVICE, 0, 0},
	{syscall.ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND, 0, 0}, // something on the way is a file
	{syscall.EISDIR, STATUS_FILE_IS_A_DIRECTORY, 0, 0},
	{syscall.EINVAL, STATUS_INVALID_PARAMETER, 0, 0},
	{syscall.ENFILE, STATUS_TOO_MANY_OPENED_FILES, 0, WSAEMFILE},
	{syscall.EMFILE, STATUS_TOO_MANY_OPENED_FILES, 0, WSAEMFILE},
	{syscall.ENOTTY, STATUS_INVALID_DEVICE_REQUEST, 0, WSAEOPNOTSUPP},
	{syscall.ETXTBSY, STATUS_SHARING_VIOLATION, 0, 0},
	{syscall.EFBIG, STATUS_FILE_TOO_LARGE, 0, 0},
	{syscall.ENOSPC, STATUS_DISK_FULL, 0, 0},
	{syscall.EDQUOT, STATUS_DISK_FULL, 0, 0},
	{syscall.ESPIPE, STATUS_INVALID_DEVICE_REQUEST, ERROR_SEEK, 0},
	{syscall.EROFS, STATUS_MEDIA_WRITE_PROTECTED, 0, 0},
	{syscall.EMLINK, STATUS_TOO_MANY_LINKS, 0, 0},
	{syscall.EPIPE, STATUS_PIPE_CLOSING, 0, WSAECONNRESET}, // I07
	{syscall.ENAMETOOLONG, STATUS_NAME_TOO_LONG, 0, WSAENAMETOOLONG},
	{syscall.ENOLCK, STATUS_INSUFFICIENT_RESOURCES, 0, 0},
	{syscall.ENOSYS, STATUS_NOT_SUPPORTED, 0, 0},
	{syscall.ENOTEMPTY, STATUS_DIRECTORY_NOT_EMPTY, 0, 0},
	{syscall.ELOOP, STATUS_OBJECT_NAME_INVALID, ERROR_CANT_RESOLVE_FILENAME, WSAELOOP},
	{syscall.EOVERFLOW, STATUS_INVALID_PARAMETER, ERROR_ARITHMETIC_OVERFLOW, 0},
	{syscall.EILSEQ, STATUS_OBJECT_NAME_INVALID, 0, 0},
	{syscall.ENOTSOCK, STATUS_OBJECT_TYPE_MISMATCH, 0, 0},
	{syscall.EDESTADDRREQ, STATUS_INVALID_PARAMETER, 0, WSAEDESTADDRREQ},
	{syscall.EMSGSIZE, STATUS_BUFFER_OVERFLOW, 0, 0},
	{syscall.EPROTOTYPE, STATUS_INVALID_PARAMETER, 0, WSAEPROTOTYPE},
	{syscall.ENOPROTOOPT, STATUS_INVALID_PARAMETER, 0, WSAENOPROTOOPT},
	{syscall.EPROTONOSUPPORT, STATUS_NOT_SUPPORTED, 0, WSAEPROTONOSUPPORT},
	{syscall.ESOCKTNOSUPPORT, STATUS_NOT_SUPPORTED, 0, WSAESOCKTNOSUPPORT},
	{syscall.EOPNOTSUPP, STATUS_NOT_SUPPORTED, 0, 0},
	{syscall.EPFNOSUPPORT, STATUS_NOT_SUPPORTED, 0, WSAEPFNOSUPPORT},
	{syscall.EAFNOSUPPORT, STATUS_NOT_SUPPORTED, 0, WSAEAFNOSUPPORT},
	{syscall.EADDRINUSE, STATUS_ADDRESS_ALREADY_EXISTS, 0, 0},
	{syscall.EADDRNOTAVAIL, STATUS_INVALID_ADDRESS_COMPONENT, 0, 0},
	{syscall.ENETDOWN, STATUS_UNEXPECTED_NETWORK_ERROR, 0, 0},
	{syscall.ENETUNREACH, STATUS_NETWORK_UNREACHABLE, 0, 0},
	{syscall.ENETRESET, STATUS_CONNECTION_DISCONNECTED, 0, WSAENETRESET},
	{syscall.ECONNABORTED, STATUS_CONNECTION_ABORTED, 0, 0},
	{syscall.ECONNRESET, STATUS_CONNECTION_RESET, 0, 0},
	{syscall.ENOBUFS, STATUS_INSUFFICIENT_RESOURCES, 0, 0},
	{syscall.EISCONN, STATUS_CONNECTION_ACTIVE, 0, 0},
	{syscall.ENOTCONN, STATUS_INVALID_CONNECTION, 0, 0},
	{syscall.ESHUTDOWN, STATUS_PIPE_DISCONNECTED, 0, 0},
	{syscall.ETIMEDOUT, STATUS_IO_TIMEOUT, 0, 0},
	{syscall.ECONNREFUSED, STATUS_CONNECTION_REFUSED, 0, 0},
	{syscall.EHOSTDOWN, STATUS_HOST_DOWN, 0, 0},
	{syscall.EHOSTUNREACH, STATUS_HOST_UNREACHABLE, 0, 0},
	{syscall.EALREADY, STATUS_INVALID_PARAMETER, 0, WSAEALREADY},
	{syscall.ECANCELED, STATUS_CANCELLED, 0, 0},
}

// otherMatches are pairs that stand for the same failure although no system call leads from
// the error number to the code.
var otherMatches = [...]struct {
	code  Errno
	errno syscall.Errno
}{
	{ERROR_PATH_NOT_FOUND, syscall.ENOENT},
	{ERROR_NOT_FOUND, syscall.ENOENT},
	{ERROR_ALREADY_EXISTS, syscall.EEXIST},
	{ERROR_DIRECTORY, syscall.ENOTDIR},
	{ERROR_NOT_ENOUGH_MEMORY, syscall.ENOMEM},
	{ERROR_OUTOFMEMORY, syscall.ENOMEM},
	{ERROR_PRIVILEGE_NOT_HELD, syscall.EPERM},
	{ERROR_HANDLE_DISK_FULL, syscall.ENOSPC},
	{ERROR_CALL_NOT_IMPLEMENTED, syscall.ENOSYS},
	{ERROR_INVALID_FUNCTION, syscall.ENOTTY},
	{ERROR_NEGATIVE_SEEK, syscall.EINVAL},
	{ERROR_LOCK_VIOLATION, syscall.EAGAIN},
	{ERROR_BROKEN_PIPE, syscall.EPIPE},
	{ERROR_PIPE_NOT_CONNECTED, syscall.ENOTCONN},
	{ERROR_PIPE_CONNECTED, syscall.EISCONN},
	{ERROR_PIPE_LISTENING, syscall.EAGAIN},
	{ERROR_PORT_UNREACHABLE, syscall.ECONNREFUSED},
	{ERROR_ABANDONED_WAIT_0, syscall.ECANCELED},
	{ERROR_IO_INCOMPLETE, syscall.EAGAIN},
	{ERROR_IO_PENDING, syscall.EINPROGRESS},
	{WSAEINPROGRESS, syscall.EINPROGRESS},
	{WAIT_IO_COMPLETION, syscall.EINTR},
	{WAIT_TIMEOUT, syscall.ETIMEDOUT},
	{ERROR_TIMEOUT, syscall.ETIMEDOUT},
	{WSAEBADF, syscall.EBADF},
	{WSAESHUTDOWN, syscall.EPIPE},
}

// matches tells whether errno stands for the failure that e stands for.
func (e Errno) matches(errno syscall.Errno) bool {
	for _, r := range nativeRows {
		if r.errno == errno && (e == r.fileCode() || e == r.socketCode() && e != WSAEINVAL) {
			return true
		}
	}
	for _, m := range otherMatches {
		if m.errno == errno && m.code == e {
			return true
		}
	}
	return e == WSAEINVAL && errno == syscall.EINVAL
}
