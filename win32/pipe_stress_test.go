// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"
	"sync/atomic"
	"testing"
)

// served is one instance of the pipe under stress. At any time one operation of it is pending,
// or its packet is on its way.
type served struct {
	OVERLAPPED
	h     HANDLE
	doing string
	buf   [64]byte
}

// pipeServer echoes on many instances by way of one port, whatever clients and others do to them.
type pipeServer struct {
	*testing.T
	port   HANDLE
	byOV   map[*OVERLAPPED]*served
	visits atomic.Int32 // clients that were answered
	left   atomic.Int32 // instances that have not ended
	ended  chan struct{}
}

// Clients come, ask and leave while operations are cancelled and clients are disconnected under
// them. Every operation must end once, or an instance would stop, or have two ends.
func TestPipesUnderStress(t *testing.T) {
	const instances, clients = 8, 4
	visits := int32(400)
	if testing.Short() {
		visits = 80
	}
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &pipeServer{T: t, port: port, byOV: map[*OVERLAPPED]*served{}, ended: make(chan struct{})}
	name := `\\.\pipe\` + t.Name()
	for range instances {
		s.add(name)
	}
	s.left.Store(instances)
	var workers, others sync.WaitGroup
	for range 3 {
		workers.Go(s.work)
	}
	for _, in := range s.byOV {
		s.listen(in)
	}
	var stop atomic.Bool
	for range clients {
		others.Go(func() {
			for !stop.Load() {
				s.visit(name)
			}
		})
	}
	others.Go(func() { s.disturb(&stop) })
	untilTrue(t, "enough clients were answered", func() bool { return s.visits.Load() >= visits })
	stop.Store(true)
	for _, in := range s.byOV {
		CloseHandle(in.h)
	}
	others.Wait()
	<-s.ended
	CloseHandle(port)
	workers.Wait()
}

func (s *pipeServer) add(name string) {
	h, err := CreateNamedPipe(name, PIPE_ACCESS_DUPLEX|FILE_FLAG_OVERLAPPED, 0, PIPE_UNLIMITED_INSTANCES, 16, 16, 1)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := CreateIoCompletionPort(h, s.port, 0, 0); err != nil {
		s.Fatal(err)
	}
	in := &served{h: h}
	s.byOV[&in.OVERLAPPED] = in
}

func (s *pipeServer) work() {
	for {
		var n uint32
		var key uintptr
		var ov *OVERLAPPED
		err := GetQueuedCompletionStatus(s.port, &n, &key, &ov, INFINITE)
		if ov == nil {
			return
		}
		s.next(s.byOV[ov], n, err)
	}
}

// next does what follows the end of an operation.
func (s *pipeServer) next(in *served, n uint32, err error) {
	switch {
	case err != nil:
		s.again(in)
	case in.doing == "read":
		in.doing = "write"
		s.started(in, WriteFile(in.h, in.buf[:n], nil, &in.OVERLAPPED))
	default:
		s.read(in)
	}
}

func (s *pipeServer) read(in *served) {
	in.doing = "read"
	s.started(in, ReadFile(in.h, in.buf[:], nil, &in.OVERLAPPED))
}

// started goes on with an operation that could not begin. One that has may have ended, too.
func (s *pipeServer) started(in *served, err error) {
	if err != nil && err != ERROR_IO_PENDING {
		s.again(in)
	}
}

// again waits for the next client.
func (s *pipeServer) again(in *served) {
	DisconnectNamedPipe(in.h)
	s.listen(in)
}

func (s *pipeServer) listen(in *served) {
	in.doing = "connect"
	switch err := ConnectNamedPipe(in.h, &in.OVERLAPPED); err {
	case ERROR_IO_PENDING:
	case ERROR_PIPE_CONNECTED:
		s.read(in)
	case ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED:
		s.again(in)
	case ERROR_INVALID_HANDLE:
		if s.left.Add(-1) == 0 {
			close(s.ended)
		}
	default:
		s.Error("ConnectNamedPipe: ", err)
	}
}

// visit is one client; whatever it is told, it leaves.
func (s *pipeServer) visit(name string) {
	h, err := CreateFile(name, GENERIC_READ|GENERIC_WRITE, 0, OPEN_EXISTING, 0, 0)
	if err == ERROR_PIPE_BUSY {
		WaitNamedPipe(name, NMPWAIT_USE_DEFAULT_WAIT)
		return
	}
	if err != nil {
		return
	}
	defer CloseHandle(h)
	buf := make([]byte, 40)
	if WriteFile(h, []byte("a question that is longer than the quota"), nil, nil) != nil {
		return
	}
	var n uint32
	if ReadFile(h, buf, &n, nil) == nil && n > 0 {
		s.visits.Add(1)
	}
}

// disturb cancels and disconnects until it is told to stop.
func (s *pipeServer) disturb(stop *atomic.Bool) {
	for i := 0; !stop.Load(); i++ {
		for _, in := range s.byOV {
			if i%7 == 0 {
				DisconnectNamedPipe(in.h)
			}
			CancelIoEx(in.h, nil)
			WaitNamedPipe(`\\.\pipe\none`, 1)
		}
		SleepEx(1, false)
	}
}
