// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"time"

	"iocp/win32/internal/npfs"
)

// mailslot is the reading end of a mailslot, the server's.
type mailslot struct{ slot *npfs.Mailslot }

func (m *mailslot) read(op *operation, buf []byte) error {
	st, n, pending := m.slot.Read(op.request(), buf)
	return op.begun(st, n, pending)
}

func (m *mailslot) write(op *operation, buf []byte) error { return ERROR_ACCESS_DENIED }
func (m *mailslot) endpoint() endpoint                    { return nil }
func (m *mailslot) close()                                { m.slot.Close() }

func (m *mailslot) cancel(match func(*operation) bool) int {
	return m.slot.CancelFunc(ofOperation(match))
}

// mailslotWriter is the writing end, a client's. Nothing pends there.
type mailslotWriter struct{ slot *npfs.Mailslot }

func (m *mailslotWriter) write(op *operation, buf []byte) error {
	st, n := m.slot.Write(buf)
	return op.doneNow(NTSTATUS(st), n)
}

func (m *mailslotWriter) read(op *operation, buf []byte) error   { return ERROR_INVALID_PARAMETER }
func (m *mailslotWriter) endpoint() endpoint                     { return nil }
func (m *mailslotWriter) cancel(match func(*operation) bool) int { return 0 }
func (m *mailslotWriter) close()                                 {}

// CreateMailslot makes a mailslot and returns the handle that reads it. The name begins with
// \\.\mailslot\ and means something in this process only. Messages may be at most maxMessage bytes,
// 0 for any size; a read waits up to readTimeout milliseconds for one, not at all if that is 0, and
// without end if it is MAILSLOT_WAIT_FOREVER. Writers open it with [CreateFile]; each write is a message,
// and never pends. What is unread is kept in memory, however much it is.
//
// The handle is an overlapped one and can be associated with a port (A21, N02), but [ReadFile]
// takes a nil OVERLAPPED and waits then. A read into less than the next message has fails with
// ERROR_INSUFFICIENT_BUFFER, and the message stays. One that has waited in vain ends with ERROR_SEM_TIMEOUT,
// one whose handle is closed with ERROR_HANDLE_EOF, which is also what writers get then.
//
// It does not block. Errors, with INVALID_HANDLE_VALUE: ERROR_PATH_NOT_FOUND for an empty name;
// ERROR_INVALID_NAME; ERROR_ALREADY_EXISTS; ERROR_NO_SYSTEM_RESOURCES if too many handles are open.
func CreateMailslot(name string, maxMessage, readTimeout uint32) (HANDLE, error) {
	if name == "" {
		return INVALID_HANDLE_VALUE, ERROR_PATH_NOT_FOUND
	}
	rest, ok := npfs.MailslotName(name)
	if !ok {
		return INVALID_HANDLE_VALUE, ERROR_INVALID_NAME
	}
	slot, st := pipes.CreateMailslot(rest, int(maxMessage), millis(readTimeout))
	if st != npfs.Success {
		return INVALID_HANDLE_VALUE, pipeError(st)
	}
	f := newFile(&mailslot{slot}, true, false)
	f.waits = true
	h, err := open(f, FILE_GENERIC_READ|FILE_WRITE_ATTRIBUTES)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	return h, nil
}

// openMailslot opens a mailslot for writing for CreateFile, with rights and flags of files. ok is
// false if name is not that of a mailslot.
func openMailslot(name string, access, flags uint32) (h HANDLE, ok bool, err error) {
	rest, ok := npfs.MailslotName(name)
	if !ok {
		return 0, false, nil
	}
	slot, st := pipes.OpenMailslot(rest)
	if st != npfs.Success {
		return 0, true, pipeError(st)
	}
	h, err = open(newFile(&mailslotWriter{slot}, flags&FILE_FLAG_OVERLAPPED != 0, false), access)
	return h, true, err
}

// mailslotOf returns the mailslot that h reads.
func mailslotOf(h HANDLE) (*npfs.Mailslot, uint32, error) {
	f, access, err := fileOf(h)
	if err != nil {
		return nil, 0, err
	}
	if m, ok := f.dev.(*mailslot); ok {
		return m.slot, access, nil
	}
	return nil, 0, ERROR_INVALID_PARAMETER
}

// GetMailslotInfo stores the longest message that is allowed (0 for any), the size of the next one or
// MAILSLOT_NO_MESSAGE, how many there are, and the time limit of reads in milliseconds. All
// pointers may be nil. It does not block. Errors: ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER for what
// does not read a mailslot.
func GetMailslotInfo(h HANDLE, maxMessage, nextSize, count, readTimeout *uint32) error {
	slot, _, err := mailslotOf(h)
	if err != nil {
		return err
	}
	longest, next, n, limit := slot.Info()
	set(maxMessage, uint32(longest))
	set(nextSize, uint32(next))
	set(count, uint32(n))
	if limit == npfs.Forever {
		set(readTimeout, MAILSLOT_WAIT_FOREVER)
	} else {
		set(readTimeout, uint32(limit/time.Millisecond))
	}
	return nil
}

// SetMailslotInfo changes the time limit of the reads to come. It does not block. Errors: those of
// [GetMailslotInfo]; ERROR_ACCESS_DENIED for a handle without FILE_WRITE_ATTRIBUTES.
func SetMailslotInfo(h HANDLE, readTimeout uint32) error {
	slot, access, err := mailslotOf(h)
	switch {
	case err != nil:
		return err
	case access&FILE_WRITE_ATTRIBUTES == 0:
		return ERROR_ACCESS_DENIED
	}
	slot.SetLimit(millis(readTimeout))
	return nil
}
