// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

// Address families, types and protocols of sockets. The numbers are those of Windows.
const (
	AF_UNSPEC = 0
	AF_INET   = 2
	AF_INET6  = 23

	SOCK_STREAM = 1
	SOCK_DGRAM  = 2

	IPPROTO_IP   = 0
	IPPROTO_TCP  = 6
	IPPROTO_UDP  = 17
	IPPROTO_IPV6 = 41
)

// Flags of WSASocket.
const (
	WSA_FLAG_OVERLAPPED        = 0x01
	WSA_FLAG_NO_HANDLE_INHERIT = 0x80 // handles are never inherited here
)

// Flags of WSARecv, WSASend and their kin.
const (
	MSG_OOB            = 0x1
	MSG_PEEK           = 0x2 // what is received stays there (I18)
	MSG_DONTROUTE      = 0x4
	MSG_WAITALL        = 0x8 // fill the buffers (I19)
	MSG_PUSH_IMMEDIATE = 0x20
	MSG_PARTIAL        = 0x8000
)

// How a socket is shut down.
const (
	SD_RECEIVE = 0
	SD_SEND    = 1
	SD_BOTH    = 2
)

// SOMAXCONN is the backlog of Listen that means as many as the system allows.
const SOMAXCONN = 0x7fffffff

// Levels and names of socket options.
const (
	SOL_SOCKET = 0xffff

	SO_DEBUG                  = 0x1
	SO_ACCEPTCONN             = 0x2 // does it listen
	SO_REUSEADDR              = 0x4
	SO_KEEPALIVE              = 0x8
	SO_DONTROUTE              = 0x10
	SO_BROADCAST              = 0x20
	SO_LINGER                 = 0x80 // two uint16: on or off, seconds
	SO_OOBINLINE              = 0x100
	SO_SNDBUF                 = 0x1001
	SO_RCVBUF                 = 0x1002
	SO_SNDTIMEO               = 0x1005 // milliseconds, for calls that wait (O10)
	SO_RCVTIMEO               = 0x1006
	SO_ERROR                  = 0x1007 // an Errno, which is reset (O14)
	SO_TYPE                   = 0x1008
	SO_EXCLUSIVEADDRUSE       = ^SO_REUSEADDR
	SO_UPDATE_ACCEPT_CONTEXT  = 0x700B // the listening SOCKET (I31)
	SO_CONNECT_TIME           = 0x700C // seconds, or 0xFFFFFFFF if not connected (I28)
	SO_UPDATE_CONNECT_CONTEXT = 0x7010 // nothing (I39)

	TCP_NODELAY = 0x1
	IPV6_V6ONLY = 27
)

// Commands of Ioctlsocket and WSAIoctl.
const (
	FIONREAD          = 0x4004667F
	FIONBIO           = 0x8004667E // non-blocking mode, which overlapped calls ignore (I22)
	SIO_UDP_CONNRESET = 0x9800000C // report that nobody listens on the other side (I15)
)

// Flags of TransmitFile and DisconnectEx.
const (
	TF_DISCONNECT         = 0x01
	TF_REUSE_SOCKET       = 0x02
	TF_WRITE_BEHIND       = 0x04
	TF_USE_DEFAULT_WORKER = 0x00
	TF_USE_SYSTEM_THREAD  = 0x10
	TF_USE_KERNEL_APC     = 0x20
)

// TRANSMIT_FILE_BUFFERS is what TransmitFile sends before and after the file, in the documented
// layout. The bytes belong to the system until the operation is over.
type TRANSMIT_FILE_BUFFERS struct {
	Head       *byte
	HeadLength uint32
	Tail       *byte
	TailLength uint32
}

// WSADATA is what WSAStartup tells.
type WSADATA struct {
	Version     uint16 // the version that will be used
	HighVersion uint16 // the highest there is
}

// WSAPROTOCOL_INFO describes a protocol for WSASocket, in as many bytes as the documented one
// has. Only WSADuplicateSocket of Windows makes one.
type WSAPROTOCOL_INFO struct{ _ [628]byte }
