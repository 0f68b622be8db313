// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// A Disconnect is DisconnectEx without TF_REUSE_SOCKET. With that flag the packet would come, by the pages
// of DisconnectEx and TransmitFile, when the peer has ended the connection, too, all that it has sent has
// been read, and TIME_WAIT is over, which takes four minutes unless somebody has changed it. The socket
// would keep its address, so that a connect to the same peer meets TIME_WAIT again; and one that was
// accepted could not be connected, nor the other way round (page of ConnectEx). Wine 8 says that it does not
// know the flag. The owner ends such a connection with Shutdown, closes the socket, which does all that in
// the background, and goes on with a new one at once.

// disconnect starts DisconnectEx.
func disconnect(r *request, b *block) syscall.Errno {
	h := r.handle.h
	address, err := nt.DisconnectEx.Of(h)
	if err != nil {
		return err.(syscall.Errno)
	}
	ok, _, errno := syscall.SyscallN(address, uintptr(h), uintptr(unsafe.Pointer(&b.ov)), 0, 0)
	return boolean(ok, errno)
}

// disconnectRefused ends a Disconnect whose call has begun nothing in the way that every system and socket
// knows: WSAENOTCONN, for one, is also what DisconnectEx says after a Shutdown.
func disconnectRefused(r *request, over *chain) {
	finish(r, shutdown(r.op.FD, windows.SHUT_WR), over)
}

// endsSilently reports whether an operation that the system calls pending is over and will send no packet.
// Wine 8 is done with DisconnectEx when that returns, says ERROR_IO_PENDING as Windows does, and takes it
// for one that was done at once, which in the mode that skips packets for those sends none.
func endsSilently(kind engine.Kind, h *handle, b *block) bool {
	return kind == engine.Disconnect && h.skip && isWine() && windows.NTStatus(b.ov.Internal) != windows.STATUS_PENDING
}
