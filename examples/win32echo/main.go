// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

// Win32echo is the classic completion port server by the documented names: AcceptEx, WSARecv,
// WSASend, a worker for each half processor, and packets with a zero key that stop them. It uses
// package win32 alone, and is one program for Linux and Windows. docs/porting-from-windows.md walks
// through it beside its model in C.
//
//	go run ./examples/win32echo [address:port]
package main

import (
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"runtime"

	"iocp/win32"
)

func main() {
	addr := "127.0.0.1:7777"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	s, err := start(addr, 2*runtime.NumCPU())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("echoing on", s.addr())
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	<-interrupt
	s.stop()
}

// sockaddr is the address and port of s, as sockets take them.
func sockaddr(s string) (win32.Sockaddr, int32, error) {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, 0, err
	}
	if a.Addr().Is4() {
		return &win32.SockaddrInet4{Port: a.Port(), Addr: a.Addr().As4()}, win32.AF_INET, nil
	}
	return &win32.SockaddrInet6{Port: a.Port(), Addr: a.Addr().As16()}, win32.AF_INET6, nil
}

// addr is where the server listens.
func (s *server) addr() netip.AddrPort {
	name, err := win32.Getsockname(s.listener)
	if err != nil {
		return netip.AddrPort{}
	}
	switch a := name.(type) {
	case *win32.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), a.Port)
	case *win32.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), a.Port)
	}
	return netip.AddrPort{}
}
