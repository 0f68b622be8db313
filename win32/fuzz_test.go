// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

// FuzzCalls makes calls in any order with handles of every kind: good, closed, stale, of the wrong
// type, and garbage. None may panic, block, or return what is no documented code; and when all
// handles are closed nothing may be left: no place in the table, goroutine or descriptor.
func FuzzCalls(f *testing.F) {
	for i := range len(calls) {
		f.Add([]byte{byte(i), 0, 1, 2, byte(i), 3, 4, 5, byte(i + 1), 6, 7, 8})
	}
	all := make([]byte, 0, 4*len(calls))
	for i := range len(calls) { // each once, on what those before have made
		all = append(all, byte(i), byte(i), byte(i/2), 0)
	}
	f.Add(all)
	f.Add(slices.Repeat(all, 4))
	warmUpFuzz()
	f.Fuzz(func(t *testing.T, data []byte) {
		before := takeStock()
		limit := time.AfterFunc(30*time.Second, func() { panic("the program hangs:\n" + string(stacks())) })
		defer limit.Stop()
		p := &program{t: t, data: data, dir: t.TempDir()}
		for n := 0; len(p.data) > 0 && n < 400; n++ {
			p.step()
		}
		p.closeAll()
		before.compare(t)
	})
}

// program is one sequence of calls, as the data says.
type program struct {
	t       *testing.T
	data    []byte
	dir     string
	handles []HANDLE      // all that were ever made
	listens SockaddrInet4 // an address that a socket was seen to have
}

func (p *program) byte() byte {
	if len(p.data) == 0 {
		return 0
	}
	b := p.data[0]
	p.data = p.data[1:]
	return b
}

// handle chooses a handle, which may be bad in any way.
func (p *program) handle() HANDLE {
	b := int(p.byte())
	switch b {
	case 250:
		return 0
	case 251:
		return INVALID_HANDLE_VALUE
	case 252:
		return currentThreadHandle
	case 253:
		return HANDLE(p.number())
	case 254:
		return HANDLE(math.MaxInt &^ 3)
	}
	if len(p.handles) == 0 {
		return 0
	}
	h := p.handles[b%len(p.handles)]
	if b >= 240 {
		h ^= 1 << (b & 15) // near a good one
	}
	return h
}

// made keeps a handle that a call has returned.
func (p *program) made(h HANDLE, err error) error {
	if err == nil {
		p.handles = append(p.handles, h)
	}
	return err
}

var numbers = []uint64{0, 1, 2, 3, 4, 7, 100, 4096, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 62, 1<<63 - 1, 1 << 63, math.MaxUint64}

func (p *program) number() uint64 { return numbers[int(p.byte())%len(numbers)] }
func (p *program) small() uint32  { return uint32(p.byte()) }
func (p *program) bool() bool     { return p.byte()&1 != 0 }
func (p *program) overlapped() *OVERLAPPED {
	b := p.byte()
	if b&15 == 0 {
		return nil
	}
	ov := &OVERLAPPED{Offset: uint32(p.number())}
	if b&32 != 0 {
		ov.OffsetHigh = uint32(p.number())
	}
	if b&64 != 0 {
		ov.HEvent = p.handle()
	}
	if b&128 != 0 {
		ov.HEvent |= 1
	}
	return ov
}

// fuzzCall is one function with arguments of the program's.
type fuzzCall func(p *program) error

func (p *program) step() {
	i := int(p.byte()) % len(calls)
	err := calls[i](p)
	if err == nil {
		return
	}
	var code Errno
	if !errors.As(err, &code) {
		p.t.Fatalf("call %d: %v (%T) is no code of Windows", i, err, err)
	}
	if _, known := code.row(); code == 0 || !known {
		p.t.Fatalf("call %d: the code %d has no name", i, uint32(code))
	}
}

// closeAll closes every handle. Some are closed already.
func (p *program) closeAll() {
	for _, h := range p.handles {
		if err := CloseHandle(h); err != nil && err != ERROR_INVALID_HANDLE {
			p.t.Fatalf("closing %#x: %v", h, err)
		}
	}
	SleepEx(0, true) // APCs of ours
}

var calls = slices.Concat(portCalls, objectCalls, ioCalls, pipeCalls, socketCalls)

var portCalls = []fuzzCall{
	func(p *program) error {
		h, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, uintptr(p.number()), p.small())
		return p.made(h, err)
	},
	func(p *program) error {
		h, err := CreateIoCompletionPort(p.handle(), 0, uintptr(p.number()), p.small())
		return p.made(h, err)
	},
	func(p *program) error {
		file, port := p.handle(), p.handle()
		h, err := CreateIoCompletionPort(file, port, uintptr(p.number()), p.small())
		if port == 0 {
			p.made(h, err)
		}
		return err
	},
	func(p *program) error {
		return PostQueuedCompletionStatus(p.handle(), uint32(p.number()), uintptr(p.number()), p.overlapped())
	},
	func(p *program) error {
		var n uint32
		var key uintptr
		var ov *OVERLAPPED
		return GetQueuedCompletionStatus(p.handle(), &n, &key, &ov, 0)
	},
	func(p *program) error {
		var n uint32
		return GetQueuedCompletionStatusEx(p.handle(), make([]OVERLAPPED_ENTRY, p.small()%70), &n, 0, p.bool())
	},
	func(p *program) error {
		status := NtSetIoCompletion(p.handle(), uintptr(p.number()), p.overlapped(), NTSTATUS(p.number()), uintptr(p.number()))
		return ntError(status)
	},
	func(p *program) error {
		_, status := NtQueryIoCompletion(p.handle())
		return ntError(status)
	},
	func(p *program) error {
		return BindIoCompletionCallback(p.handle(), func(NTSTATUS, uint32, *OVERLAPPED) {}, p.small())
	},
}

func ntError(s NTSTATUS) error {
	if s == STATUS_SUCCESS {
		return nil
	}
	return s.Errno()
}

var objectCalls = []fuzzCall{
	func(p *program) error { return CloseHandle(p.handle()) },
	func(p *program) error {
		var h HANDLE
		me := GetCurrentProcess()
		if p.small() == 7 {
			me = p.handle()
		}
		err := DuplicateHandle(GetCurrentProcess(), p.handle(), me, &h, uint32(p.number()), p.bool(), uint32(p.byte()))
		return p.made(h, err)
	},
	func(p *program) error {
		h, err := CreateEvent(p.bool(), p.bool())
		return p.made(h, err)
	},
	func(p *program) error { return SetEvent(p.handle()) },
	func(p *program) error { return ResetEvent(p.handle()) },
	func(p *program) error {
		_, err := WaitForSingleObjectEx(p.handle(), 0, p.bool())
		return err
	},
	func(p *program) error {
		hs := make([]HANDLE, p.small()%70)
		for i := range hs {
			hs[i] = p.handle()
		}
		_, err := WaitForMultipleObjectsEx(hs, p.bool(), 0, p.bool())
		return err
	},
	func(p *program) error {
		return QueueUserAPC(func(uintptr) {}, p.handle(), uintptr(p.number()))
	},
	func(p *program) error {
		SleepEx(0, p.bool())
		return nil
	},
	func(p *program) error { return SetFileCompletionNotificationModes(p.handle(), p.byte()) },
	func(p *program) error { return CancelIo(p.handle()) },
	func(p *program) error { return CancelIoEx(p.handle(), p.overlapped()) },
	func(p *program) error {
		ov := p.overlapped()
		if ov == nil {
			ov = new(OVERLAPPED)
		}
		var n uint32
		return GetOverlappedResult(p.handle(), ov, &n, false)
	},
}

// anOverlapped is for calls that would wait for the end without one, on a handle that is in order.
func (p *program) anOverlapped() *OVERLAPPED {
	if ov := p.overlapped(); ov != nil {
		return ov
	}
	return new(OVERLAPPED)
}

// stock is what there is of things that can leak.
type stock struct{ handles, goroutines, descriptors int }

func takeStock() stock {
	fds, _ := os.ReadDir("/proc/self/fd")
	return stock{handles.count(), runtime.NumGoroutine(), len(fds)}
}

// count is the number of handles.
func (t *table) count() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.next) - 1 - (len(t.free) - t.spent)
}

// compare fails if there is more than before. What ends by itself is given time.
func (s stock) compare(t *testing.T) {
	t.Helper()
	var now stock
	for start := time.Now(); time.Since(start) < 10*time.Second; runtime.Gosched() {
		now = takeStock()
		if now.handles <= s.handles && now.goroutines <= s.goroutines && now.descriptors <= s.descriptors {
			return
		}
	}
	t.Errorf("left behind: %+v, before %+v\n%s", now, s, stacks())
}

func stacks() []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, true)]
}

// warmUpFuzz starts what the runtime starts once.
func warmUpFuzz() {
	r, w, _ := os.Pipe()
	r.Close()
	w.Close()
}
