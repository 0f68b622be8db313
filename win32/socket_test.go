// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"encoding/binary"
	"math"
	"runtime/debug"
	"testing"
)

var home = &SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}

// socketPair returns two sockets that are connected with each other.
func socketPair(t *testing.T) (near, far SOCKET) {
	t.Helper()
	l := streamSocket(t)
	must(t, Bind(l, home))
	must(t, Listen(l, 1))
	addr, err := Getsockname(l)
	must(t, err)
	far = streamSocket(t)
	must(t, Connect(far, addr))
	near, err = Accept(l, nil, nil)
	must(t, err)
	t.Cleanup(func() { Closesocket(near) })
	return near, far
}

func streamSocket(t *testing.T) SOCKET {
	t.Helper()
	s, err := Socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
	must(t, err)
	t.Cleanup(func() { Closesocket(s) })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSocketTransfersAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes a goroutine for every buffer")
	}
	near, far := socketPair(t)
	port, err := CreateIoCompletionPort(HANDLE(near), 0, 1, 0)
	must(t, err)
	defer CloseHandle(port)
	_, err = CreateIoCompletionPort(HANDLE(far), port, 2, 0)
	must(t, err)
	var out, in, both [2]WSABUF
	buf := make([]byte, 100)
	out[0].SetBytes(buf[:50])
	in[0].SetBytes(buf[50:])
	both[0].SetBytes(buf[50:60])
	both[1].SetBytes(buf[60:])
	var sending, receiving OVERLAPPED
	take := func() {
		var n uint32
		var key uintptr
		var ov *OVERLAPPED
		if err := GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE); err != nil || n != 50 {
			t.Fatal(err, n)
		}
	}
	var flags uint32
	round := func(in []WSABUF) {
		if err := WSARecv(near, in, nil, &flags, &receiving, nil); err != ERROR_IO_PENDING {
			t.Fatal(err)
		}
		if err := WSASend(far, out[:1], nil, 0, &sending, nil); err != ERROR_IO_PENDING {
			t.Fatal(err)
		}
		take()
		take()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, in := range map[string][]WSABUF{"one buffer": in[:1], "two": both[:]} {
		for range 100 {
			round(in)
		}
		if n := testing.AllocsPerRun(1000, func() { round(in) }); n != 0 {
			t.Errorf("%s: WSARecv and WSASend allocate %v times", name, n)
		}
	}
}

func option(t *testing.T, s SOCKET, level, name int32) uint32 {
	t.Helper()
	var b [8]byte
	n := int32(len(b))
	if err := Getsockopt(s, level, name, b[:], &n); err != nil || n != 4 {
		t.Fatalf("option %#x of level %#x: %v, %d bytes", name, level, err, n)
	}
	return binary.NativeEndian.Uint32(b[:])
}

func TestSocketOptionsCanBeSetAndRead(t *testing.T) {
	s := streamSocket(t)
	for _, o := range []struct {
		level, name int32
		value       uint32
	}{
		{SOL_SOCKET, SO_KEEPALIVE, 1}, {SOL_SOCKET, SO_REUSEADDR, 1}, {SOL_SOCKET, SO_OOBINLINE, 1},
		{SOL_SOCKET, SO_RCVBUF, 40000}, {SOL_SOCKET, SO_SNDBUF, 50000}, {SOL_SOCKET, SO_RCVTIMEO, 1234},
		{SOL_SOCKET, SO_SNDTIMEO, 99}, {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1}, {IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_LINGER, 1 | 7<<16},
	} {
		must(t, Setsockopt(s, o.level, o.name, binary.NativeEndian.AppendUint32(nil, o.value)))
		if got := option(t, s, o.level, o.name); got != o.value {
			t.Errorf("option %#x of level %#x is %d, want %d", o.name, o.level, got, o.value)
		}
	}
	if v := option(t, s, SOL_SOCKET, SO_TYPE); v != SOCK_STREAM {
		t.Errorf("SO_TYPE is %d", v)
	}
	if v := option(t, s, SOL_SOCKET, SO_ACCEPTCONN); v != 0 {
		t.Errorf("SO_ACCEPTCONN is %d", v)
	}
}

func TestSocketFunctionsRefuseBadArguments(t *testing.T) {
	s, word, n := streamSocket(t), make([]byte, 4), int32(4)
	_, family := WSASocket(1, SOCK_STREAM, 0, nil, 0, 0)
	_, typ := WSASocket(AF_INET, 77, 0, nil, 0, 0)
	_, protocol := WSASocket(AF_INET, SOCK_DGRAM, IPPROTO_TCP, nil, 0, 0)
	_, group := WSASocket(AF_INET, SOCK_DGRAM, 0, nil, 1, 0)
	var flags uint32
	for what, c := range map[string]struct {
		err  error
		code Errno
	}{
		"family":           {family, WSAEAFNOSUPPORT},
		"type":             {typ, WSAESOCKTNOSUPPORT},
		"protocol":         {protocol, WSAEPROTONOSUPPORT},
		"group":            {group, WSAEINVAL},
		"no name":          {Bind(s, nil), WSAEFAULT},
		"nil name":         {Bind(s, (*SockaddrInet4)(nil)), WSAEFAULT},
		"IPv6":             {Bind(s, &SockaddrInet6{}), WSAEAFNOSUPPORT},
		"foreign address":  {Bind(s, &SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}}), WSAEADDRNOTAVAIL},
		"listen unbound":   {Listen(s, 1), WSAEINVAL},
		"connect nowhere":  {Connect(s, nil), WSAEFAULT},
		"option":           {Setsockopt(s, SOL_SOCKET, 0x7777, word), WSAENOPROTOOPT},
		"short value":      {Setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, nil), WSAEFAULT},
		"read-only option": {Setsockopt(s, SOL_SOCKET, SO_TYPE, word), WSAENOPROTOOPT},
		"no context":       {Setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, nil), WSAENOTCONN},
		"bad context":      {Setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, make([]byte, 8)), WSAENOTSOCK},
		"read option":      {Getsockopt(s, SOL_SOCKET, 0x7777, word, &n), WSAENOPROTOOPT},
		"no length":        {Getsockopt(s, SOL_SOCKET, SO_TYPE, word, nil), WSAEFAULT},
		"no value":         {Getsockopt(s, SOL_SOCKET, SO_TYPE, nil, &n), WSAEFAULT},
		"command":          {Ioctlsocket(s, 7, &flags), WSAEOPNOTSUPP},
		"no argument":      {Ioctlsocket(s, FIONBIO, nil), WSAEFAULT},
		"control":          {WSAIoctl(s, 7, nil, nil, nil, nil, nil), WSAEOPNOTSUPP},
		"stream control":   {WSAIoctl(s, SIO_UDP_CONNRESET, word, nil, nil, nil, nil), WSAEOPNOTSUPP},
		"no flags":         {WSARecv(s, make([]WSABUF, 1), nil, nil, &OVERLAPPED{}, nil), WSAEFAULT},
		"other flags":      {WSASend(s, make([]WSABUF, 1), nil, MSG_OOB, &OVERLAPPED{}, nil), WSAEOPNOTSUPP},
		"file":             {TransmitFile(s, 12, 0, 0, nil, nil, 0), ERROR_INVALID_HANDLE},
		"transmit flags":   {TransmitFile(s, 0, 0, 0, nil, nil, TF_DISCONNECT), WSAEOPNOTSUPP},
		"event":            {WSASend(s, make([]WSABUF, 1), nil, 0, &OVERLAPPED{HEvent: 0x7ffffff0}, nil), ERROR_INVALID_HANDLE},
		"WSACleanup":       {WSACleanup(), WSANOTINITIALISED},
		"version":          {WSAStartup(0, nil), WSAVERNOTSUPPORTED},
	} {
		if c.err != c.code {
			t.Errorf("%s: %v, want %v", what, c.err, c.code)
		}
	}
	var data WSADATA
	must(t, WSAStartup(0x0102, &data))
	if data != (WSADATA{0x0102, 0x0202}) {
		t.Errorf("WSAStartup tells %+v", data)
	}
	must(t, WSACleanup())
}

func TestNonBlockingConnect(t *testing.T) {
	l := streamSocket(t)
	must(t, Bind(l, home))
	addr, err := Getsockname(l)
	must(t, err)
	s, on := streamSocket(t), uint32(1)
	must(t, Ioctlsocket(s, FIONBIO, &on))
	if err := Connect(s, addr); err != WSAEWOULDBLOCK {
		t.Fatal(err)
	}
	if option(t, s, SOL_SOCKET, SO_CONNECT_TIME) != math.MaxUint32 {
		t.Error("it is connected")
	}
	code := uint32(0)
	for code == 0 {
		code = option(t, s, SOL_SOCKET, SO_ERROR)
	}
	if Errno(code) != WSAECONNREFUSED {
		t.Errorf("SO_ERROR is %v", Errno(code))
	}
	must(t, Listen(l, 1))
	if err := Connect(s, addr); err != WSAEWOULDBLOCK {
		t.Fatal(err)
	}
	for {
		if _, err := Getpeername(s); err == nil {
			break
		}
	}
	if e := option(t, s, SOL_SOCKET, SO_ERROR); e != 0 {
		t.Errorf("SO_ERROR of a connection is %d", e)
	}
}

func TestAddressesInTheDocumentedLayout(t *testing.T) {
	var raw RawSockaddrAny
	if n := raw.Put(&SockaddrInet4{Port: 0x1234, Addr: [4]byte{1, 2, 3, 4}}); n != 16 || raw.Family != 2 || [6]byte(raw.Data[:]) != [6]byte{0x12, 0x34, 1, 2, 3, 4} {
		t.Errorf("%d bytes, %+v", n, raw)
	}
	six := &SockaddrInet6{Port: 80, Flowinfo: 5, Addr: [16]byte{15: 1}, ZoneId: 7}
	if n := raw.Put(six); n != 28 || raw.Family != 23 {
		t.Errorf("%d bytes, %+v", n, raw)
	}
	if got := raw.Sockaddr(); *got.(*SockaddrInet6) != *six {
		t.Errorf("%+v came back", got)
	}
	if n := raw.Put(nil); n != 0 || raw.Sockaddr() != nil {
		t.Errorf("no address has %d bytes", n)
	}
}

func TestSocketsOfIPv6(t *testing.T) {
	s, err := Socket(AF_INET6, SOCK_DGRAM, 0)
	must(t, err)
	defer Closesocket(s)
	one := &SockaddrInet6{Addr: [16]byte{15: 1}}
	if err := Bind(s, one); err == WSAEADDRNOTAVAIL {
		t.Skip("no IPv6 here")
	} else {
		must(t, err)
	}
	if v := option(t, s, IPPROTO_IPV6, IPV6_V6ONLY); v != 1 {
		t.Errorf("IPV6_V6ONLY is %d", v)
	}
	at, err := Getsockname(s)
	must(t, err)
	buf := make([]byte, 4)
	var b [1]WSABUF
	b[0].SetBytes([]byte("abc"))
	must(t, WSASendTo(s, b[:], nil, 0, at, nil, nil))
	b[0].SetBytes(buf)
	var n, flags uint32
	var from RawSockaddrAny
	length := SizeofSockaddrAny
	must(t, WSARecvFrom(s, b[:], &n, &flags, &from, &length, nil, nil))
	if n != 3 || string(buf[:3]) != "abc" || length != SizeofSockaddrInet6 || *from.Sockaddr().(*SockaddrInet6) != *at.(*SockaddrInet6) {
		t.Errorf("%d bytes, %q, from %v", n, buf, from.Sockaddr())
	}
}
