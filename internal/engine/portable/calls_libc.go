// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || openbsd || solaris || (linux && iocp_libc)

package portable

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The systems of this file are entered through their C library alone, which package unix wraps.
// What it wants to have as a slice or a Sockaddr is made for the call: messages allocate here.

func move(send bool, fd int32, v *unix.Iovec, flags int) (int, syscall.Errno) {
	b := unsafe.Slice(v.Base, int(v.Len))
	if send {
		n, err := unix.SendmsgN(int(fd), b, nil, nil, flags)
		return n, errnoOf(err)
	}
	n, _, err := unix.Recvfrom(int(fd), b, flags)
	return n, errnoOf(err)
}

func moveMsg(send bool, fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	if !send {
		return receiveInto(fd, m, buffersOf(m), flags)
	}
	to, errno := fromRaw(unsafe.Pointer(m.Name), int(m.Namelen))
	if errno != 0 {
		return 0, errno
	}
	n, err := unix.SendmsgBuffers(int(fd), buffersOf(m), controlOf(m), to, flags)
	return n, errnoOf(err)
}

func buffersOf(m *unix.Msghdr) [][]byte {
	vectors := messageVectors(m)
	buffers := make([][]byte, len(vectors), len(vectors)+1)
	for i, v := range vectors {
		buffers[i] = unsafe.Slice(v.Base, int(v.Len))
	}
	return buffers
}

func receiveInto(fd int32, m *unix.Msghdr, buffers [][]byte, flags int) (int, syscall.Errno) {
	n, control, is, from, err := unix.RecvmsgBuffers(int(fd), buffers, controlOf(m), flags)
	if err != nil {
		return 0, errnoOf(err)
	}
	received(m, control, is)
	m.Namelen = uint32(toRaw(unsafe.Slice(m.Name, int(m.Namelen)), from))
	return n, 0
}

// receiveCut is recvmsg(2), whose result is greater than the room there is if the datagram is: a
// byte of our own shows that.
func receiveCut(fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	return receiveInto(fd, m, append(buffersOf(m), make([]byte, 1)), flags)
}

func connect(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	to, errno := fromRaw(addr, int(length))
	if errno != 0 {
		return errno
	}
	if to == nil {
		return syscall.EAFNOSUPPORT
	}
	return errnoOf(unix.Connect(int(fd), to))
}

// connectBlocking waits as long as the system does.
func connectBlocking(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	return connect(fd, addr, length)
}

// plain reads or writes one vector after the other. A write of several to a pipe may be mixed with
// those of others, even if it is short.
func plain(write bool, fd int32, v []unix.Iovec) (int, syscall.Errno) {
	switch {
	case len(v) > maxVectors:
		return 0, syscall.EINVAL
	case write:
		return each(v, func(b []byte, _ int) (int, error) { return unix.Write(int(fd), b) })
	}
	return each(v, func(b []byte, _ int) (int, error) { return unix.Read(int(fd), b) })
}

// plainBlocking waits only for the first vector: what is there is enough for a read.
func plainBlocking(write bool, fd int32, v []unix.Iovec) (int, syscall.Errno) {
	if !write {
		for len(v) > 1 && v[0].Len == 0 {
			v = v[1:]
		}
		v = v[:min(len(v), 1)]
	}
	return plain(write, fd, v)
}

// fromRaw is the address that a request has as a struct sockaddr; nil if it has none.
func fromRaw(p unsafe.Pointer, length int) (unix.Sockaddr, syscall.Errno) {
	if p == nil || length == 0 {
		return nil, 0
	}
	switch (*unix.RawSockaddr)(p).Family {
	case unix.AF_INET:
		raw := (*unix.RawSockaddrInet4)(p)
		return &unix.SockaddrInet4{Port: getPort(&raw.Port), Addr: raw.Addr}, 0
	case unix.AF_INET6:
		raw := (*unix.RawSockaddrInet6)(p)
		return &unix.SockaddrInet6{Port: getPort(&raw.Port), Addr: raw.Addr, ZoneId: raw.Scope_id}, 0
	case unix.AF_UNIX:
		return &unix.SockaddrUnix{Name: pathOf((*unix.RawSockaddrUnix)(p), length)}, 0
	}
	return nil, syscall.EAFNOSUPPORT
}

func pathOf(raw *unix.RawSockaddrUnix, length int) string {
	path := unsafe.Slice((*byte)(unsafe.Pointer(&raw.Path)), len(raw.Path))
	path = path[:max(min(length-int(unsafe.Offsetof(raw.Path)), len(path)), 0)]
	for len(path) > 0 && path[len(path)-1] == 0 {
		path = path[:len(path)-1]
	}
	return string(path)
}

// toRaw writes an address as a struct sockaddr and returns its length, which is 0 for none.
func toRaw(room []byte, from unix.Sockaddr) int {
	switch sa := from.(type) {
	case *unix.SockaddrInet4:
		raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: sa.Addr}
		putPort(&raw.Port, sa.Port)
		return put(room, unsafe.Slice((*byte)(unsafe.Pointer(&raw)), unsafe.Sizeof(raw)))
	case *unix.SockaddrInet6:
		raw := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: sa.Addr, Scope_id: sa.ZoneId}
		putPort(&raw.Port, sa.Port)
		return put(room, unsafe.Slice((*byte)(unsafe.Pointer(&raw)), unsafe.Sizeof(raw)))
	case *unix.SockaddrUnix:
		raw := unix.RawSockaddrUnix{Family: unix.AF_UNIX}
		n := copy(unsafe.Slice((*byte)(unsafe.Pointer(&raw.Path)), len(raw.Path)), sa.Name)
		return put(room, unsafe.Slice((*byte)(unsafe.Pointer(&raw)), int(unsafe.Offsetof(raw.Path))+n))
	}
	return 0
}

// put writes as much of an address as there is room for. BSD's begin with their length.
func put(room, raw []byte) int {
	if runtime.GOOS != "solaris" && runtime.GOOS != "illumos" && runtime.GOOS != "linux" {
		raw[0] = byte(len(raw))
	}
	copy(room, raw)
	return len(raw)
}

func getPort(p *uint16) int {
	b := (*[2]byte)(unsafe.Pointer(p))
	return int(b[0])<<8 | int(b[1])
}

func putPort(p *uint16, port int) {
	*(*[2]byte)(unsafe.Pointer(p)) = [2]byte{byte(port >> 8), byte(port)}
}
