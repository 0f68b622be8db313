// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// threadID returns the id of the calling thread.
func threadID() int { return int(windows.GetCurrentThreadId()) }

// doze sleeps for d, or somewhat longer. Sleep would take up to 16 ms where the runtime's own timer
// takes one.
func doze(d time.Duration) { time.Sleep(d) }

// ThreadWaiting reports whether the OS thread tid of this process waits in the kernel: in the states
// Wait and Transition, of which the latter waits for its stack to come back from the disk. A thread
// that runs or is ready to is not waiting. known is false if there is no such thread, it has ended, or
// the system does not tell (Wine 8 does not). It allocates nothing. It is meant for one rare question:
// does a goroutine whose state is Syscall compute, or wait?
//
// It asks NtQueryInformationThread for ThreadSystemThreadInformation, which Windows 10 and later
// answer with the record of one thread that NtQuerySystemInformation has for all threads of the
// machine, at a thousandth of the cost. The record is SYSTEM_THREAD_INFORMATION of [MS-TSTS]
// 2.2.2.16.2, and its states are those of Win32_Thread.ThreadState; the information class itself is
// in no document of Microsoft's. So nothing is believed before a record was right about the thread
// that asked for it, and no record is that has not the ids of its thread and process. Times of
// threads are documented (GetThreadTimes, QueryThreadCycleTime) and were no way out: they cannot tell
// a thread that waits from one that is ready and gets no processor.
func ThreadWaiting(tid int) (waiting, known bool) {
	if tid <= 0 || !threadsAreTold() {
		return false, false
	}
	h, err := windows.OpenThread(windows.THREAD_QUERY_LIMITED_INFORMATION, false, uint32(tid))
	if err != nil {
		return false, false
	}
	defer windows.CloseHandle(h)
	if state, ok := threadState(h, tid); ok {
		return judge(state)
	}
	return false, false
}

// judge says what ThreadWaiting does of a thread in that state.
func judge(state uint32) (waiting, known bool) {
	switch state {
	case threadWait, threadTransition:
		return true, true
	case threadReady, threadRunning, threadStandby, threadDeferredReady:
		return false, true
	}
	return false, false
}

// threadsAreTold reports whether the system tells the truth about a thread that certainly runs.
var threadsAreTold = sync.OnceValue(func() bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	state, ok := threadState(windows.CurrentThread(), threadID())
	return ok && state == threadRunning
})

// States of a thread: Win32_Thread.ThreadState, but for the last, which is that of a thread for
// which a processor has been chosen, and which was called Unknown before there was such a thing.
const (
	threadReady         = 1
	threadRunning       = 2
	threadStandby       = 3
	threadWait          = 5
	threadTransition    = 6
	threadDeferredReady = 7
)

// threadRecord is SYSTEM_THREAD_INFORMATION.
type threadRecord struct {
	kernelTime, userTime, createTime int64
	waitTime                         uint32
	startAddress                     uintptr
	process, thread                  uintptr // CLIENT_ID
	priority, basePriority           int32
	contextSwitches                  uint32
	state                            uint32
	waitReason                       uint32
	_                                uint32 // C aligns it to eight, also where Go does not
}

const threadSystemThreadInformation = 40

// threadState returns the state of the thread tid of this process, which h is a handle of; false if
// it is not told.
func threadState(h windows.Handle, tid int) (state uint32, ok bool) {
	var r threadRecord
	if nt.NtQueryInformationThread.Find() != nil {
		return 0, false
	}
	status, _, _ := syscall.SyscallN(nt.NtQueryInformationThread.Addr(), uintptr(h), threadSystemThreadInformation,
		uintptr(unsafe.Pointer(&r)), unsafe.Sizeof(r), 0)
	if windows.NTStatus(status) != windows.STATUS_SUCCESS {
		return 0, false
	}
	return r.state, r.process == uintptr(windows.GetCurrentProcessId()) && r.thread == uintptr(tid)
}
