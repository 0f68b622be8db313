// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "iocp/win32/internal/npfs"

// ConnectNamedPipe waits for a client of the server's end h (H01). It needs an OVERLAPPED if h is
// overlapped (F14), and blocks if it is not.
//
// nil: a client has come, without an OVERLAPPED; no packet. ERROR_IO_PENDING: a packet of 0 bytes
// will come with the client, or whatever else was asked for. Other errors, without a packet:
// ERROR_PIPE_CONNECTED if a client is there, which is as good as nil (H02); ERROR_NO_DATA if one has come
// and gone, which takes [DisconnectNamedPipe] (H03); ERROR_PIPE_LISTENING with PIPE_NOWAIT, as long as
// there is none; ERROR_INVALID_FUNCTION for a client's end (O09) or what is no pipe;
// ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER (F14). If the pipe is closed meanwhile it ends with
// ERROR_BROKEN_PIPE (H16), and with ERROR_PIPE_NOT_CONNECTED if it is disconnected.
func ConnectNamedPipe(h HANDLE, ov *OVERLAPPED) error {
	f, p, _, err := pipeOf(h, ERROR_INVALID_FUNCTION)
	if err != nil {
		return err
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	blocking := op.blocking
	st, pending := p.end.Connect(op.request())
	return op.started(blocking, op.begun(st, 0, pending), nil)
}

// DisconnectNamedPipe takes the pipe from its client. Whatever waits at either end ends with
// ERROR_PIPE_NOT_CONNECTED, what is unread is lost, and the client's handle is of no more use (H15). After
// that [ConnectNamedPipe] lets the next client in. It does not block, and sends no packet of its own.
//
// Errors: ERROR_PIPE_NOT_CONNECTED if the pipe is disconnected; ERROR_INVALID_FUNCTION for a client's
// end or what is no pipe (O09); ERROR_INVALID_HANDLE.
func DisconnectNamedPipe(h HANDLE) error {
	_, p, _, err := pipeOf(h, ERROR_INVALID_FUNCTION)
	if err != nil {
		return err
	}
	return pipeError(p.end.Disconnect())
}

// WaitNamedPipe waits until an instance of the pipe listens, or ms milliseconds are over. It does
// not reserve the instance: a [CreateFile] after it may find the pipe busy all the same. ms may be
// NMPWAIT_USE_DEFAULT_WAIT or NMPWAIT_WAIT_FOREVER.
//
// Errors: ERROR_SEM_TIMEOUT; ERROR_FILE_NOT_FOUND at once if there is no pipe of this name, or when its last
// instance is closed; ERROR_INVALID_NAME if the name does not begin with \\.\pipe\.
func WaitNamedPipe(name string, ms uint32) error {
	rest, ok := npfs.PipeName(name)
	if !ok {
		return ERROR_INVALID_NAME
	}
	return pipeError(pipes.Wait(rest, millis(ms)))
}

// PeekNamedPipe copies what can be read from the pipe to buf without taking it: on a pipe of
// message type at most the first message. It stores how many bytes that were in *read, how many
// there are in all messages in *available, and how many more the message has in *left, which
// means nothing on a pipe of byte type. buf and the pointers may be nil. It neither blocks nor
// sends a packet (F23), whatever the mode of the pipe.
//
// Errors: ERROR_BROKEN_PIPE if the other end is closed and nothing is left; ERROR_BAD_PIPE if the pipe
// listens or the server has disconnected it, ERROR_PIPE_NOT_CONNECTED for the client that was
// disconnected; ERROR_ACCESS_DENIED for an end that cannot be read; ERROR_INVALID_FUNCTION for what is no
// pipe; ERROR_INVALID_HANDLE.
func PeekNamedPipe(h HANDLE, buf []byte, read, available, left *uint32) error {
	_, p, access, err := pipeOf(h, ERROR_INVALID_FUNCTION)
	switch {
	case err != nil:
		return err
	case access&FILE_READ_DATA == 0:
		return ERROR_ACCESS_DENIED
	}
	found, st := p.end.Peek(buf)
	if st.Failed() {
		return pipeError(st)
	}
	set(read, uint32(found.N))
	set(available, uint32(found.Available))
	set(left, uint32(found.Message-found.N)) // as Windows has it, below zero for a byte pipe
	return nil
}

// set stores v where somebody wants it.
func set(p *uint32, v uint32) {
	if p != nil {
		*p = v
	}
}

// SetNamedPipeHandleState changes the modes of this end of the pipe to *mode: PIPE_READMODE_BYTE or
// MESSAGE, and PIPE_WAIT or NOWAIT; nil changes nothing. The other two are for pipes of other machines and
// must be nil. It does not block.
//
// Errors: ERROR_INVALID_PARAMETER for other modes, reading messages from a pipe of byte type, pointers
// that must be nil, or what is no pipe; ERROR_PIPE_BUSY for PIPE_NOWAIT while operations are
// pending; ERROR_PIPE_NOT_CONNECTED for a client that was disconnected; ERROR_ACCESS_DENIED for a handle
// without FILE_WRITE_ATTRIBUTES, which GENERIC_READ alone does not have; ERROR_INVALID_HANDLE.
func SetNamedPipeHandleState(h HANDLE, mode, maxCollectionCount, collectDataTimeout *uint32) error {
	_, p, access, err := pipeOf(h, ERROR_INVALID_PARAMETER)
	switch {
	case err != nil:
		return err
	case maxCollectionCount != nil || collectDataTimeout != nil:
		return ERROR_INVALID_PARAMETER
	case mode == nil:
		return nil
	case *mode&^(PIPE_READMODE_MESSAGE|PIPE_NOWAIT) != 0:
		return ERROR_INVALID_PARAMETER
	case access&FILE_WRITE_ATTRIBUTES == 0:
		return ERROR_ACCESS_DENIED
	}
	return pipeError(p.end.SetMode(endMode(*mode)))
}

// GetNamedPipeHandleState stores the modes of this end of the pipe in *mode, PIPE_READMODE_MESSAGE and
// PIPE_NOWAIT if they are set, and in *instances how many the pipe has. Both may be nil; the others
// are for pipes of other machines and must be nil. There are no user names. It does not block.
//
// Errors: ERROR_INVALID_PARAMETER for pointers that must be nil, or what is no pipe;
// ERROR_PIPE_NOT_CONNECTED for a client that was disconnected; ERROR_INVALID_HANDLE.
func GetNamedPipeHandleState(h HANDLE, mode, instances, maxCollectionCount, collectDataTimeout *uint32) error {
	_, p, _, err := pipeOf(h, ERROR_INVALID_PARAMETER)
	switch {
	case err != nil:
		return err
	case maxCollectionCount != nil || collectDataTimeout != nil:
		return ERROR_INVALID_PARAMETER
	}
	info, st := p.end.Info()
	if st != npfs.Success {
		return pipeError(st)
	}
	read, noWait, _ := p.end.Mode()
	var m uint32
	if read == npfs.ReadMessages {
		m |= PIPE_READMODE_MESSAGE
	}
	if noWait {
		m |= PIPE_NOWAIT
	}
	set(mode, m)
	set(instances, uint32(info.Instances))
	return nil
}

// GetNamedPipeInfo stores what does not change: in *flags PIPE_SERVER_END or PIPE_CLIENT_END, and the
// type of the pipe; how many bytes may be unread, in the direction away from this end and
// towards it; and how many instances there may be. All may be nil. It does not block.
//
// Errors: ERROR_INVALID_PARAMETER for what is no pipe; ERROR_PIPE_NOT_CONNECTED for a client that was
// disconnected; ERROR_INVALID_HANDLE.
func GetNamedPipeInfo(h HANDLE, flags, outSize, inSize, maxInstances *uint32) error {
	_, p, _, err := pipeOf(h, ERROR_INVALID_PARAMETER)
	if err != nil {
		return err
	}
	info, st := p.end.Info()
	if st != npfs.Success {
		return pipeError(st)
	}
	out, in := info.InQuota, info.OutQuota // a client's
	f := uint32(PIPE_CLIENT_END)
	if info.Server {
		f, out, in = PIPE_SERVER_END, in, out
	}
	if info.Messages {
		f |= PIPE_TYPE_MESSAGE
	}
	set(flags, f)
	set(outSize, uint32(out))
	set(inSize, uint32(in))
	set(maxInstances, uint32(info.Max))
	return nil
}

// TransactNamedPipe writes data as one message, which never waits, and reads the next message that
// comes into buf. Both belong to the system until the operation is over. It completes as
// [ReadFile] does, to a port too (K14); *read is the length of the answer. Cancelling it does
// not take back what it wrote.
//
// Errors, without a packet: ERROR_BAD_PIPE if the pipe is not connected, is of byte type or its end
// does not read messages; ERROR_PIPE_BUSY if something is unread or a read is pending; ERROR_ACCESS_DENIED
// for a handle that may not both read and write; ERROR_INVALID_FUNCTION for what is no pipe; those of
// ReadFile. An answer longer than buf ends with ERROR_MORE_DATA, and the rest can be read.
func TransactNamedPipe(h HANDLE, data, buf []byte, read *uint32, ov *OVERLAPPED) error {
	f, p, access, err := pipeOf(h, ERROR_INVALID_FUNCTION)
	switch {
	case err != nil:
		return err
	case access&FILE_READ_DATA == 0 || access&FILE_WRITE_DATA == 0:
		return ERROR_ACCESS_DENIED
	case uint64(len(data)) > maxTransfer || uint64(len(buf)) > maxTransfer:
		return ERROR_INVALID_PARAMETER
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	set(read, 0)
	blocking := op.blocking
	st, pending := p.end.Transact(op.request(), data, buf)
	return op.started(blocking, op.begun(st, 0, pending), read)
}

// CallNamedPipe opens a pipe of message type, waiting for an instance up to ms milliseconds if
// all are in use, makes one transaction, and closes it: data is written, and the answer comes into buf,
// its length into *read. It blocks until the answer is there.
//
// Errors: those of [CreateFile] and [WaitNamedPipe]; ERROR_PIPE_BUSY with NMPWAIT_NOWAIT; ERROR_INVALID_PARAMETER
// for a pipe of byte type; ERROR_MORE_DATA if the answer is longer than buf, and then the rest is lost;
// those of [TransactNamedPipe].
func CallNamedPipe(name string, data, buf []byte, read *uint32, ms uint32) error {
	const access = FILE_GENERIC_READ | FILE_GENERIC_WRITE
	for {
		h, ok, err := openPipe(name, access, 0)
		switch {
		case !ok:
			return ERROR_INVALID_NAME
		case err == nil:
			defer CloseHandle(h)
			return callPipe(h, data, buf, read)
		case err != ERROR_PIPE_BUSY || ms == NMPWAIT_NOWAIT:
			return err
		}
		if err := WaitNamedPipe(name, ms); err != nil {
			return err
		}
	}
}

func callPipe(h HANDLE, data, buf []byte, read *uint32) error {
	mode := uint32(PIPE_READMODE_MESSAGE)
	if err := SetNamedPipeHandleState(h, &mode, nil, nil); err != nil {
		return err
	}
	return TransactNamedPipe(h, data, buf, read, nil)
}
