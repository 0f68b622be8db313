// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

const (
	msgPeek     = 0x2
	msgWaitAll  = 0x8
	msgDontWait = 0x40 // the engine's own
	msgNoSignal = 0
	pollIn      = 0x300
	pollOut     = 0x10
	pollHup     = 0x2
	shutWrite   = windows.SHUT_WR
)

// Vectors is what Op.Addr and Op.Len are for Readv and Writev.
func Vectors(parts ...[]byte) (unsafe.Pointer, uint32) {
	v := make([]windows.WSABuf, len(parts))
	for i, b := range parts {
		v[i] = windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	}
	return unsafe.Pointer(&v[0]), uint32(len(v))
}

// Message is what Op.Addr is for RecvMsg and SendMsg.
func Message(parts ...[]byte) unsafe.Pointer {
	v, n := Vectors(parts...)
	return unsafe.Pointer(&windows.WSAMsg{Buffers: (*windows.WSABuf)(v), BufferCount: n})
}

// system is Windows, with handles as descriptors. Sockets in pairs are of TCP, since there are no others.
type system struct {
	testing.TB
	mu   sync.Mutex
	open map[int32]bool // true: a socket
}

// System is the machine that this process runs on.
func System(t testing.TB) Machine {
	s := &system{TB: t, open: map[int32]bool{}}
	t.Cleanup(s.closeAll)
	return s
}

func (s *system) closeAll() {
	for fd := range s.open {
		s.Close(fd)
	}
}

func (s *system) own(h windows.Handle, err error) int32 {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	s.note(int32(h))
	return int32(h)
}

// note takes a descriptor of whatever kind.
func (s *system) note(fd int32) {
	typ, n := int32(0), int32(4)
	err := windows.Getsockopt(handleOf(fd), windows.SOL_SOCKET, soType, (*byte)(unsafe.Pointer(&typ)), &n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[fd] = err == nil
}

func handleOf(fd int32) windows.Handle { return windows.Handle(uintptr(fd)) }

func (s *system) Adopt(fd int32) { s.note(fd) }

func (s *system) Gone(fd int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, fd)
}

func (s *system) isSocket(fd int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[fd]
}

func (s *system) Pair() (a, b int32) { s.Helper(); return s.TCP() }

func (s *system) TCP() (a, b int32) {
	s.Helper()
	l, at := s.listen()
	a = s.Socket()
	if err := windows.Connect(handleOf(a), at); err != nil {
		s.Fatal(err)
	}
	r, _, errno := syscall.SyscallN(nt.Accept.Addr(), uintptr(handleOf(l)), 0, 0)
	if windows.Handle(r) == windows.InvalidHandle {
		s.Fatal(errno)
	}
	s.Close(l)
	return a, s.own(windows.Handle(r), nil)
}

// files makes the names of pipes and files unique.
var files atomic.Int64

func (s *system) Pipe() (r, w int32) {
	s.Helper()
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`\\.\pipe\enginetest-%d-%d`, os.Getpid(), files.Add(1)))
	if err != nil {
		s.Fatal(err)
	}
	r = s.own(windows.CreateNamedPipe(name, windows.PIPE_ACCESS_INBOUND|windows.FILE_FLAG_OVERLAPPED, windows.PIPE_TYPE_BYTE, 1, 1<<16, 1<<16, 0, nil))
	w = s.own(windows.CreateFile(name, windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0))
	return r, w
}

func (s *system) listen() (int32, *windows.SockaddrInet4) {
	s.Helper()
	l, at := s.bound()
	if err := windows.Listen(handleOf(l), 16); err != nil {
		s.Fatal(err)
	}
	return l, at
}

func (s *system) bound() (int32, *windows.SockaddrInet4) {
	s.Helper()
	l := s.Socket()
	if err := windows.Bind(handleOf(l), &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		s.Fatal(err)
	}
	sa, err := windows.Getsockname(handleOf(l))
	if err != nil {
		s.Fatal(err)
	}
	return l, sa.(*windows.SockaddrInet4)
}

const soType = 0x1008 // SO_TYPE

// begin starts the use of sockets.
var begin = sync.OnceValue(func() error {
	var data windows.WSAData
	return windows.WSAStartup(0x0202, &data)
})

func (s *system) Socket() int32 {
	s.Helper()
	if err := begin(); err != nil {
		s.Fatal(err)
	}
	return s.own(windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT))
}

// File is gone when it is closed: what the testing package removes directories with is not in every Wine.
func (s *system) File(content string) int32 {
	s.Helper()
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`%s\enginetest-%d-%d`, os.TempDir(), os.Getpid(), files.Add(1)))
	if err != nil {
		s.Fatal(err)
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	f := s.own(windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, share, nil, windows.CREATE_ALWAYS,
		windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_DELETE_ON_CLOSE, 0))
	if _, err := fileTransfer(windows.WriteFile, f, []byte(content)); err != nil {
		s.Fatal(err)
	}
	return f
}

func (s *system) Dup(fd int32) int32 {
	s.Helper()
	var h windows.Handle
	self := windows.CurrentProcess()
	err := windows.DuplicateHandle(self, handleOf(fd), self, &h, 0, false, windows.DUPLICATE_SAME_ACCESS)
	return s.own(h, err)
}

func (s *system) DupTo(int32, int32) { s.Skip("the numbers of handles are chosen by the system") }

// Read and Write tell no port: a call of a socket without an OVERLAPPED waits (F15), and an event with its
// low bit set keeps a file's packet back (F09).
func (s *system) Read(fd int32, b []byte) (int, error) {
	if s.isSocket(fd) {
		return socketTransfer(nt.WSARecv.Addr(), fd, b)
	}
	n, err := fileTransfer(windows.ReadFile, fd, b)
	if err == windows.ERROR_BROKEN_PIPE || err == windows.ERROR_HANDLE_EOF {
		return 0, nil
	}
	return n, err
}

func (s *system) Write(fd int32, b []byte) (n int, err error) {
	if !s.isSocket(fd) {
		return fileTransfer(windows.WriteFile, fd, b)
	}
	for n < len(b) && err == nil {
		m := 0
		m, err = socketTransfer(nt.WSASend.Addr(), fd, b[n:])
		n += m
	}
	return n, err
}

// socketTransfer is WSARecv or WSASend, which are told apart by how they are given the flags.
func socketTransfer(address uintptr, fd int32, b []byte) (int, error) {
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n, none uint32
	flags := uintptr(0)
	if address == nt.WSARecv.Addr() {
		flags = uintptr(unsafe.Pointer(&none))
	}
	r, _, errno := syscall.SyscallN(address, uintptr(handleOf(fd)), uintptr(unsafe.Pointer(&buf)), 1,
		uintptr(unsafe.Pointer(&n)), flags, 0, 0)
	if int32(r) != 0 {
		return 0, errno
	}
	return int(n), nil
}

func fileTransfer(call func(windows.Handle, []byte, *uint32, *windows.Overlapped) error, fd int32, b []byte) (int, error) {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return 0, err
	}
	defer windows.CloseHandle(event)
	ov := &windows.Overlapped{HEvent: event | 1}
	var n uint32
	err = call(handleOf(fd), b, &n, ov)
	if err == windows.ERROR_IO_PENDING {
		err = windows.GetOverlappedResult(handleOf(fd), ov, &n, true)
	}
	return int(n), err
}

func (s *system) Shutdown(fd int32, how uint32) error {
	return windows.Shutdown(handleOf(fd), int(how))
}

func (s *system) Close(fd int32) error {
	socket := s.isSocket(fd)
	s.Gone(fd)
	if socket {
		return windows.Closesocket(handleOf(fd))
	}
	return windows.CloseHandle(handleOf(fd))
}

// Descriptors is how many handles this process has.
func Descriptors() int {
	var n uint32
	r, _, _ := syscall.SyscallN(nt.GetProcessHandleCount.Addr(), uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	if int32(r) == 0 {
		return 0
	}
	return int(n)
}
