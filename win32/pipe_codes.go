// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

// How CreateNamedPipe opens the server's end: which way data flow, and flags.
const (
	PIPE_ACCESS_INBOUND  = 0x1 // from the client to the server
	PIPE_ACCESS_OUTBOUND = 0x2 // from the server to the client
	PIPE_ACCESS_DUPLEX   = 0x3

	FILE_FLAG_FIRST_PIPE_INSTANCE = 0x80000 // fail if there is an instance already
)

// Modes of a pipe, in CreateNamedPipe, and of its end, in SetNamedPipeHandleState.
const (
	PIPE_WAIT                  = 0x0
	PIPE_NOWAIT                = 0x1 // nothing pends; for old programs
	PIPE_READMODE_BYTE         = 0x0 // a read takes what there is
	PIPE_READMODE_MESSAGE      = 0x2 // a read takes from one message
	PIPE_TYPE_BYTE             = 0x0
	PIPE_TYPE_MESSAGE          = 0x4 // each write is a message
	PIPE_ACCEPT_REMOTE_CLIENTS = 0x0
	PIPE_REJECT_REMOTE_CLIENTS = 0x8 // without effect: there are none
)

// What GetNamedPipeInfo says besides the type.
const (
	PIPE_CLIENT_END = 0x0
	PIPE_SERVER_END = 0x1
)

// PIPE_UNLIMITED_INSTANCES lets a pipe have any number of instances.
const PIPE_UNLIMITED_INSTANCES = 255

// Time limits of WaitNamedPipe and CallNamedPipe; others are milliseconds.
const (
	NMPWAIT_USE_DEFAULT_WAIT = 0x0 // that of CreateNamedPipe
	NMPWAIT_NOWAIT           = 0x1
	NMPWAIT_WAIT_FOREVER     = 0xFFFFFFFF
)

// Values of mailslots.
const (
	MAILSLOT_NO_MESSAGE   = 0xFFFFFFFF // the size of the next message if there is none
	MAILSLOT_WAIT_FOREVER = 0xFFFFFFFF // the time limit of a read that waits without end
)
