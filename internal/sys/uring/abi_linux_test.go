// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The numbers are those of include/uapi/linux/io_uring.h, the same on every architecture.
func TestLayoutIsTheKernels(t *testing.T) {
	var s SQE
	var c CQE
	var p Params
	var sq SQOffsets
	var cq CQOffsets
	var po ProbeOp
	var pr Probe
	for _, x := range []struct {
		name string
		got  uintptr
		want uintptr
	}{
		{"sizeof sqe", unsafe.Sizeof(s), SizeofSQE},
		{"sqe.flags", unsafe.Offsetof(s.Flags), 1},
		{"sqe.ioprio", unsafe.Offsetof(s.Ioprio), 2},
		{"sqe.fd", unsafe.Offsetof(s.FD), 4},
		{"sqe.off", unsafe.Offsetof(s.Off), 8},
		{"sqe.addr", unsafe.Offsetof(s.Addr), 16},
		{"sqe.len", unsafe.Offsetof(s.Len), 24},
		{"sqe.rw_flags", unsafe.Offsetof(s.OpFlags), 28},
		{"sqe.user_data", unsafe.Offsetof(s.UserData), 32},
		{"sqe.buf_index", unsafe.Offsetof(s.BufIndex), 40},
		{"sqe.personality", unsafe.Offsetof(s.Personality), 42},
		{"sqe.splice_fd_in", unsafe.Offsetof(s.SpliceFDIn), 44},
		{"sqe.addr3", unsafe.Offsetof(s.Addr3), 48},
		{"sizeof cqe", unsafe.Sizeof(c), SizeofCQE},
		{"cqe.res", unsafe.Offsetof(c.Res), 8},
		{"cqe.flags", unsafe.Offsetof(c.Flags), 12},
		{"sizeof params", unsafe.Sizeof(p), 120},
		{"params.cq_entries", unsafe.Offsetof(p.CQEntries), 4},
		{"params.flags", unsafe.Offsetof(p.Flags), 8},
		{"params.features", unsafe.Offsetof(p.Features), 20},
		{"params.wq_fd", unsafe.Offsetof(p.WQFD), 24},
		{"params.sq_off", unsafe.Offsetof(p.SQOff), 40},
		{"params.cq_off", unsafe.Offsetof(p.CQOff), 80},
		{"sizeof sq_off", unsafe.Sizeof(sq), 40},
		{"sq_off.flags", unsafe.Offsetof(sq.Flags), 16},
		{"sq_off.array", unsafe.Offsetof(sq.Array), 24},
		{"sq_off.user_addr", unsafe.Offsetof(sq.UserAddr), 32},
		{"sizeof cq_off", unsafe.Sizeof(cq), 40},
		{"cq_off.overflow", unsafe.Offsetof(cq.Overflow), 16},
		{"cq_off.cqes", unsafe.Offsetof(cq.CQEs), 20},
		{"cq_off.flags", unsafe.Offsetof(cq.Flags), 24},
		{"cq_off.user_addr", unsafe.Offsetof(cq.UserAddr), 32},
		{"sizeof getevents_arg", unsafe.Sizeof(GetEventsArg{}), 24},
		{"sizeof probe_op", unsafe.Sizeof(po), 8},
		{"probe_op.flags", unsafe.Offsetof(po.Flags), 2},
		{"sizeof probe", unsafe.Sizeof(pr), 16 + ProbeOps*8},
		{"probe.ops_len", unsafe.Offsetof(pr.OpsLen), 1},
		{"probe.ops", unsafe.Offsetof(pr.Ops), 16},
	} {
		if x.got != x.want {
			t.Errorf("%s = %d, want %d", x.name, x.got, x.want)
		}
	}
}

func TestSystemCallNumbers(t *testing.T) {
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		t.Skip("mips numbers its system calls from 4000 and 5000")
	}
	if unix.SYS_IO_URING_SETUP != 425 || unix.SYS_IO_URING_ENTER != 426 || unix.SYS_IO_URING_REGISTER != 427 {
		t.Errorf("setup, enter, register = %d, %d, %d, want 425, 426, 427",
			unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER)
	}
}

func TestPollEventsAreWordSwappedOnBigEndian(t *testing.T) {
	big := binary.NativeEndian.Uint16([]byte{0, 1}) == 1
	if big != bigEndian {
		t.Errorf("bigEndian = %v on %s, want %v", bigEndian, runtime.GOARCH, big)
	}
	want := uint32(0x12345678)
	if big {
		want = 0x56781234
	}
	if got := PollEvents(0x12345678); got != want {
		t.Errorf("PollEvents(0x12345678) = %#x, want %#x", got, want)
	}
}

// setup makes a ring of 4 entries or skips the test where the kernel refuses one.
func setup(t *testing.T) (int, Params) {
	t.Helper()
	var p Params
	fd, errno := Setup(4, &p)
	if errors.Is(errno, syscall.ENOSYS) || errors.Is(errno, syscall.EPERM) || errors.Is(errno, syscall.EACCES) {
		t.Skipf("io_uring is refused here: %v", errno)
	}
	if errno != 0 {
		t.Fatalf("Setup: %v", errno)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd, p
}

func TestSetupFillsParams(t *testing.T) {
	_, p := setup(t)
	if p.SQEntries != 4 || p.CQEntries != 8 {
		t.Errorf("entries = %d, %d, want 4, 8", p.SQEntries, p.CQEntries)
	}
	if p.CQOff.CQEs == 0 || p.SQOff.Tail == p.SQOff.Head {
		t.Errorf("offsets were not filled: %+v %+v", p.SQOff, p.CQOff)
	}
}

func TestEnterWithNothingToDo(t *testing.T) {
	fd, _ := setup(t)
	if n, errno := Enter(fd, 0, 0, EnterGetEvents); n != 0 || errno != 0 {
		t.Errorf("Enter = %d, %v, want 0, no error", n, errno)
	}
	if _, errno := Enter(fd, 0, 0, 1<<31); errno != syscall.EINVAL {
		t.Errorf("Enter with an unknown flag: %v, want EINVAL", errno)
	}
}

func TestEnterForWaitsUntilSomethingIsThereOrTheTimeIsOver(t *testing.T) {
	fd, p := setup(t)
	if p.Features&FeatExtArg == 0 {
		t.Skip("the kernel is older than 5.11: no IORING_ENTER_EXT_ARG")
	}
	const d = 2 * time.Millisecond
	w := new(Wait)
	expires := func(flags uint32) {
		t.Helper()
		for {
			begin := time.Now()
			_, errno := EnterFor(fd, 0, 1, flags, d, w)
			if errno == syscall.EINTR {
				continue // Go's runtime stops a thread with a signal
			}
			if took := time.Since(begin); errno != syscall.ETIME || took < d {
				t.Errorf("EnterFor: %v after %v, want ETIME after %v", errno, took, d)
			}
			return
		}
	}
	expires(EnterGetEvents)
	if p.Features&FeatNoIOWait != 0 {
		expires(EnterGetEvents | EnterNoIOWait)
	}
	if n, errno := EnterFor(fd, 0, 0, EnterGetEvents, time.Hour, w); n != 0 || errno != 0 {
		t.Errorf("EnterFor for no completion = %d, %v, want 0, no error", n, errno)
	}
}

func TestRegisterProbeKnowsNop(t *testing.T) {
	fd, _ := setup(t)
	p := new(Probe)
	if errno := Register(fd, RegisterProbe, unsafe.Pointer(p), ProbeOps); errno == syscall.EINVAL {
		t.Skip("the kernel is older than 5.6: no IORING_REGISTER_PROBE")
	} else if errno != 0 {
		t.Fatalf("Register: %v", errno)
	}
	if p.Ops[OpNop].Flags&ProbeSupported == 0 || p.Ops[OpNop].Op != OpNop {
		t.Errorf("NOP is not supported: %+v", p.Ops[OpNop])
	}
	if int(p.LastOp) < OpRecv {
		t.Errorf("last opcode = %d, want at least %d", p.LastOp, OpRecv)
	}
}
