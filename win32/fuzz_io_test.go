// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"path/filepath"
)

// ioCalls start operations and ask about files, pipes, mailslots and sockets. All handles are
// overlapped: on others these calls may wait, as documented.
var ioCalls = []fuzzCall{
	func(p *program) error {
		name := filepath.Join(p.dir, string('a'+rune(p.byte()%4)))
		h, err := CreateFile(name, uint32(p.number())|GENERIC_READ, p.small()&7, p.small()%7, FILE_FLAG_OVERLAPPED, 0)
		return p.made(h, err)
	},
	func(p *program) error {
		h, err := CreateFile(p.dir, GENERIC_READ, 7, OPEN_EXISTING, FILE_FLAG_OVERLAPPED|uint32(p.byte())<<20, p.handle())
		return p.made(h, err)
	},
	func(p *program) error { return ReadFile(p.handle(), p.buffer(), nil, p.anOverlapped()) },
	func(p *program) error { return WriteFile(p.handle(), p.buffer(), nil, p.anOverlapped()) },
	func(p *program) error { return ReadFileEx(p.handle(), p.buffer(), p.anOverlapped(), noRoutine) },
	func(p *program) error { return WriteFileEx(p.handle(), p.buffer(), p.anOverlapped(), noRoutine) },
	func(p *program) error {
		return ReadFileScatter(p.handle(), p.segments(), p.small()*4096, nil, p.anOverlapped())
	},
	func(p *program) error {
		return WriteFileGather(p.handle(), p.segments(), p.small()*4096, nil, p.anOverlapped())
	},
	func(p *program) error {
		flags := p.small() | LOCKFILE_FAIL_IMMEDIATELY*(p.small()&1)
		return LockFileEx(p.handle(), flags, p.small()&1, uint32(p.number()), uint32(p.number()), p.anOverlapped())
	},
	func(p *program) error {
		return UnlockFileEx(p.handle(), p.small()&1, uint32(p.number()), uint32(p.number()), p.anOverlapped())
	},
	func(p *program) error {
		return ReadDirectoryChanges(p.handle(), p.buffer(), p.bool(), uint32(p.number()), nil, p.anOverlapped(), nil)
	},
	func(p *program) error {
		return DeviceIoControl(p.handle(), uint32(p.number()), p.buffer(), p.buffer(), nil, p.anOverlapped())
	},
	func(p *program) error {
		_, err := GetFileType(p.handle())
		return err
	},
	func(p *program) error { return SetFilePointerEx(p.handle(), int64(p.number()), nil, p.small()%4) },
	func(p *program) error {
		var size int64
		return GetFileSizeEx(p.handle(), &size)
	},
}

var pipeCalls = []fuzzCall{
	func(p *program) error {
		h, err := CreateNamedPipe(p.pipeName(), p.small()&3|FILE_FLAG_OVERLAPPED, p.small()&7, p.small(), uint32(p.number()), uint32(p.number()), p.small())
		return p.made(h, err)
	},
	func(p *program) error {
		h, err := CreateFile(p.pipeName(), GENERIC_READ|GENERIC_WRITE, 0, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0)
		return p.made(h, err)
	},
	func(p *program) error { return ConnectNamedPipe(p.handle(), p.anOverlapped()) },
	func(p *program) error { return DisconnectNamedPipe(p.handle()) },
	func(p *program) error {
		return TransactNamedPipe(p.handle(), p.buffer(), p.buffer(), nil, p.anOverlapped())
	},
	func(p *program) error { return PeekNamedPipe(p.handle(), p.buffer(), nil, nil, nil) },
	func(p *program) error {
		mode := p.small() & PIPE_READMODE_MESSAGE // without PIPE_NOWAIT's opposite nothing changes for overlapped calls
		return SetNamedPipeHandleState(p.handle(), &mode, nil, nil)
	},
	func(p *program) error { return WaitNamedPipe(p.pipeName(), 1) },
	func(p *program) error {
		h, err := CreateMailslot(`\\.\mailslot\fuzz`, uint32(p.number()), 0)
		return p.made(h, err)
	},
	func(p *program) error {
		h, err := CreateFile(`\\.\mailslot\fuzz`, GENERIC_WRITE, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0)
		return p.made(h, err)
	},
	func(p *program) error { return GetMailslotInfo(p.handle(), nil, nil, nil, nil) },
}

var socketCalls = []fuzzCall{
	func(p *program) error {
		af, typ := int32(AF_INET), int32(SOCK_STREAM)
		if p.byte()&7 == 7 {
			af = int32(p.number())
		}
		if p.byte()&3 == 3 {
			typ = int32(p.small())
		}
		s, err := WSASocket(af, typ, 0, nil, 0, WSA_FLAG_OVERLAPPED)
		return p.made(HANDLE(s), err)
	},
	func(p *program) error { return Closesocket(p.socket()) },
	func(p *program) error { return Bind(p.socket(), p.address()) },
	func(p *program) error { return Listen(p.socket(), int32(p.number())) },
	func(p *program) error {
		name, err := Getsockname(p.socket())
		if a, ok := name.(*SockaddrInet4); ok && err == nil {
			p.listens = *a
		}
		return err
	},
	func(p *program) error {
		_, err := Getpeername(p.socket())
		return err
	},
	func(p *program) error { return Shutdown(p.socket(), int32(p.small()%4)) },
	func(p *program) error {
		return AcceptEx(p.socket(), p.socket(), p.buffer(), p.small(), p.small(), p.small(), nil, p.anOverlapped())
	},
	func(p *program) error {
		return AcceptEx(p.socket(), p.socket(), make([]byte, 64), 0, 32, 32, nil, p.anOverlapped())
	},
	func(p *program) error {
		return ConnectEx(p.socket(), p.address(), p.buffer(), nil, p.anOverlapped())
	},
	func(p *program) error { return DisconnectEx(p.socket(), p.anOverlapped(), p.small()&3, p.small()&1) },
	func(p *program) error {
		var flags = p.small() & MSG_PEEK
		return WSARecv(p.socket(), p.wsabufs(), nil, &flags, p.anOverlapped(), nil)
	},
	func(p *program) error { return WSASend(p.socket(), p.wsabufs(), nil, 0, p.anOverlapped(), nil) },
	func(p *program) error {
		var flags uint32
		var n int32 = int32(p.small())
		return WSARecvFrom(p.socket(), p.wsabufs(), nil, &flags, new(RawSockaddrAny), &n, p.anOverlapped(), noRoutine)
	},
	func(p *program) error {
		return WSASendTo(p.socket(), p.wsabufs(), nil, 0, p.address(), p.anOverlapped(), noRoutine)
	},
	func(p *program) error {
		return Setsockopt(p.socket(), int32(p.number()), int32(p.number()), make([]byte, p.small()%9))
	},
	func(p *program) error {
		n := int32(p.number())
		return Getsockopt(p.socket(), int32(p.number()), int32(p.number()), make([]byte, p.small()%9), &n)
	},
	func(p *program) error {
		arg := p.small()
		return Ioctlsocket(p.socket(), uint32(p.number()), &arg)
	},
}

func noRoutine(Errno, uint32, *OVERLAPPED) {}

func (p *program) buffer() []byte {
	if p.bool() {
		return make([]byte, p.number()&0xFFFF)
	}
	return make([]byte, p.small())
}

func (p *program) segments() [][]byte {
	s := make([][]byte, p.small()%5)
	for i := range s {
		s[i] = make([]byte, 4096>>(p.byte()&1))
	}
	return s
}

func (p *program) wsabufs() []WSABUF {
	bufs := make([]WSABUF, p.small()%4)
	for i := range bufs {
		bufs[i].SetBytes(p.buffer())
	}
	return bufs
}

func (p *program) pipeName() string { return `\\.\pipe\fuzz` + string('a'+rune(p.byte()&1)) }
func (p *program) socket() SOCKET   { return SOCKET(p.handle()) }

// address is one of this machine: any port, the one that a socket was seen to have, or one that nobody
// listens on.
func (p *program) address() Sockaddr {
	switch p.byte() & 3 {
	case 0:
		return nil
	case 1:
		return &SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	case 2:
		return &SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 1}
	}
	a := p.listens
	return &a
}
