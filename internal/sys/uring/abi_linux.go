// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

// SQE is struct io_uring_sqe: one request. The kernel's unions are named by their first
// use; which field an operation reads is in io_uring_enter(2).
type SQE struct {
	Opcode      uint8
	Flags       uint8
	Ioprio      uint16
	FD          int32
	Off         uint64 // off, addr2: file offset, or the length of a socket address
	Addr        uint64 // addr: buffer, iovec array, msghdr, sockaddr, or user_data to cancel
	Len         uint32
	OpFlags     uint32 // rw_flags, msg_flags, accept_flags, fsync_flags, poll32_events, ...
	UserData    uint64
	BufIndex    uint16
	Personality uint16
	SpliceFDIn  int32
	Addr3       uint64
	_           uint64
}

// CQE is struct io_uring_cqe: the end of one request.
type CQE struct {
	UserData uint64
	Res      int32
	Flags    uint32
}

// Params is struct io_uring_params, read and filled in by Setup.
type Params struct {
	SQEntries    uint32
	CQEntries    uint32
	Flags        uint32
	SQThreadCPU  uint32
	SQThreadIdle uint32
	Features     uint32
	WQFD         uint32
	_            [3]uint32
	SQOff        SQOffsets
	CQOff        CQOffsets
}

// SQOffsets is struct io_sqring_offsets: where the fields of the submission queue are
// in the memory mapped at OffSQRing, in bytes.
type SQOffsets struct {
	Head        uint32
	Tail        uint32
	RingMask    uint32
	RingEntries uint32
	Flags       uint32
	Dropped     uint32
	Array       uint32
	_           uint32
	UserAddr    uint64
}

// CQOffsets is struct io_cqring_offsets: the same for the completion queue.
type CQOffsets struct {
	Head        uint32
	Tail        uint32
	RingMask    uint32
	RingEntries uint32
	Overflow    uint32
	CQEs        uint32
	Flags       uint32
	_           uint32
	UserAddr    uint64
}

// ProbeOp is struct io_uring_probe_op: what the kernel says of one opcode.
type ProbeOp struct {
	Op    uint8
	_     uint8
	Flags uint16
	_     uint32
}

// ProbeOps is the number of entries in Probe, the most that RegisterProbe accepts.
const ProbeOps = 256

// Probe is struct io_uring_probe with room for every opcode. It must be zero when it is
// passed to Register with RegisterProbe and the count ProbeOps.
type Probe struct {
	LastOp uint8
	OpsLen uint8
	_      uint16
	_      [3]uint32
	Ops    [ProbeOps]ProbeOp
}

// Sizes of the structures whose arrays are mapped, in bytes.
const (
	SizeofSQE = 64
	SizeofCQE = 16
)

// Offsets for mmap(2) on the ring's descriptor.
const (
	OffSQRing = 0
	OffCQRing = 0x8000000
	OffSQEs   = 0x10000000
)

// Params.Flags, with the kernel that brought them where it is later than 5.4.
const (
	SetupIOPoll       = 1 << 0
	SetupSQPoll       = 1 << 1
	SetupSQAff        = 1 << 2
	SetupCQSize       = 1 << 3  // 5.5
	SetupClamp        = 1 << 4  // 5.6
	SetupAttachWQ     = 1 << 5  // 5.6
	SetupRDisabled    = 1 << 6  // 5.10
	SetupSubmitAll    = 1 << 7  // 5.18
	SetupCoopTaskrun  = 1 << 8  // 5.19
	SetupTaskrunFlag  = 1 << 9  // 5.19
	SetupSingleIssuer = 1 << 12 // 6.0
	SetupDeferTaskrun = 1 << 13 // 6.1
	SetupNoSQArray    = 1 << 16 // 6.6
)

// Params.Features.
const (
	FeatSingleMmap     = 1 << 0
	FeatNoDrop         = 1 << 1
	FeatSubmitStable   = 1 << 2
	FeatRWCurPos       = 1 << 3
	FeatCurPersonality = 1 << 4
	FeatFastPoll       = 1 << 5
	FeatPoll32Bits     = 1 << 6
	FeatSQPollNonfixed = 1 << 7
	FeatExtArg         = 1 << 8
	FeatNativeWorkers  = 1 << 9
	FeatRsrcTags       = 1 << 10
	FeatCQESkip        = 1 << 11
	FeatLinkedFile     = 1 << 12
	FeatRegRegRing     = 1 << 13
	FeatRecvSendBundle = 1 << 14
	FeatMinTimeout     = 1 << 15
	FeatRWAttr         = 1 << 16
	FeatNoIOWait       = 1 << 17
)

// SQE.Opcode.
const (
	OpNop         = 0
	OpReadv       = 1
	OpWritev      = 2
	OpFsync       = 3
	OpPollAdd     = 6
	OpSendMsg     = 9
	OpRecvMsg     = 10
	OpAccept      = 13
	OpAsyncCancel = 14
	OpConnect     = 16
	OpClose       = 19
	OpRead        = 22
	OpWrite       = 23
	OpSend        = 26
	OpRecv        = 27
	OpShutdown    = 34
	OpSendMsgZC   = 48 // 6.1
)

// FsyncDatasync in SQE.OpFlags makes OpFsync an fdatasync(2).
const FsyncDatasync = 1 << 0

// Flags of Enter.
const (
	EnterGetEvents = 1 << 0
	EnterExtArg    = 1 << 3 // 5.11
	EnterNoIOWait  = 1 << 7 // 6.15
)

// GetEventsArg is struct io_uring_getevents_arg. Timeout is the address of a struct __kernel_timespec.
type GetEventsArg struct {
	Sigmask     uint64
	SigmaskSize uint32
	MinWait     uint32 // us; 6.12
	Timeout     uint64
}

// The flags word of the submission queue, written by the kernel.
const (
	SQNeedWakeup = 1 << 0
	SQCQOverflow = 1 << 1 // completions wait in the kernel for room in the queue
	SQTaskrun    = 1 << 2 // deferred work waits for its thread to enter the kernel
)

// CQEventFDDisabled in the flags word of the completion queue, written by the
// application, keeps the registered eventfd silent.
const CQEventFDDisabled = 1 << 0

// Opcodes of Register.
const (
	RegisterEventFD   = 4
	UnregisterEventFD = 5
	RegisterProbe     = 8
)

// ProbeSupported in ProbeOp.Flags says that the kernel has the opcode.
const ProbeSupported = 1 << 0

// PollEvents returns poll(2) events as the poll32_events field wants them: the kernel
// swaps the halves on a big-endian machine, so that old programs, which filled
// only the 16 bits of poll_events, still work.
func PollEvents(events uint32) uint32 {
	if bigEndian {
		return events<<16 | events>>16
	}
	return events
}
