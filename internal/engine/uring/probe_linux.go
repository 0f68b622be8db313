// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/probe"
	sys "iocp/internal/sys/uring"
)

// Info says what io_uring is on this machine.
type Info struct {
	Available bool
	Err       error         // why not, with the cure; a *RefusedError or *MissingError, mostly
	Kernel    string        // uname -r
	Features  []string      // what a ring has in force (Engine.Features), sorted
	Kinds     []engine.Kind // what the kernel can do, whether or not New accepts it
}

// probed is the answer that lasts for the life of the process.
var probed probe.Once[Info]

// Probe makes a small ring, asks it for its opcodes and sends a NOP through it, once per
// process: later calls return the same answer. Only a shortage (of descriptors, of memory)
// is asked for again. It blocks for well under a millisecond. Safe for concurrent use.
func Probe() Info {
	info := probed.Get(func() (Info, bool) {
		info := host.inspect()
		return info, !shortage(info.Err)
	})
	info.Features, info.Kinds = slices.Clone(info.Features), slices.Clone(info.Kinds)
	return info
}

func shortage(err error) bool {
	return probe.Shortage(err) || errors.Is(err, syscall.EAGAIN)
}

func (k *kernel) inspect() Info {
	info := Info{Kernel: k.release()}
	e, err := k.newEngine(Options{Entries: 4, CQEntries: 8})
	if err != nil {
		info.Err = err
		return info
	}
	info.Features = e.Features()
	info.Kinds, info.Err = k.supported(e)
	if info.Err == nil {
		info.Err = k.tryNop(e)
	}
	info.Err = errors.Join(info.Err, e.Close())
	info.Available = info.Err == nil
	return info
}

// supported returns the kinds that the kernel has, and an error if New needs more.
func (k *kernel) supported(e *Engine) (have []engine.Kind, err error) {
	p := new(sys.Probe)
	if errno := k.probe(e.fd, p); errno == syscall.EINVAL {
		return nil, &MissingError{Kernel: k.release(), What: []string{"all operations that are newer than 5.6"}}
	} else if errno != 0 {
		return nil, k.refused("io_uring_register", errno)
	}
	var missing []string
	for kind, op := range opcodes {
		if p.Ops[op].Flags&sys.ProbeSupported != 0 {
			have = append(have, engine.Kind(kind))
		} else {
			missing = append(missing, engine.Kind(kind).String())
		}
	}
	if p.Ops[sys.OpAsyncCancel].Flags&sys.ProbeSupported == 0 {
		missing = append(missing, "cancel")
	}
	if p.Ops[countsWhatWasSent].Flags&sys.ProbeSupported == 0 {
		missing = append(missing, "the count of what a cancelled send has sent")
	}
	if missing != nil {
		err = &MissingError{Kernel: k.release(), What: missing}
	}
	return have, err
}

// countsWhatWasSent is an operation that came with 6.1, as did io_sendrecv_fail of io_uring/net.c. Without that a transfer with
// MSG_WAITALL which is cancelled, or fails, when a part of it is done ends with the error alone: whoever sends the rest sends
// that part twice. Mended and unmended kernels look the same otherwise, and their numbers do not tell: 5.10.262 was
// seen to go on with transfers, as newer kernels do, and to lose count, and distributions take over what they like.
const countsWhatWasSent = sys.OpSendMsgZC

func registerProbe(fd int, p *sys.Probe) syscall.Errno {
	return sys.Register(fd, sys.RegisterProbe, unsafe.Pointer(p), sys.ProbeOps)
}

// tryNop sends one request through the ring: a filter may let a ring be made and not used.
func (k *kernel) tryNop(e *Engine) error {
	e.Queue(&engine.Op{Kind: engine.Nop})
	var buf [1]engine.Completion
	for range 1000 { // EINTR and EAGAIN are no answer
		if _, err := e.Enter(e.Publish(), true); err != nil {
			if errno, ok := errors.AsType[syscall.Errno](err); ok {
				return k.refused("io_uring_enter", errno)
			}
			return err
		}
		if e.Reap(buf[:]) == 1 {
			if buf[0].Res != 0 {
				return fmt.Errorf("uring: a NOP ended with %w; use another engine", syscall.Errno(-buf[0].Res))
			}
			return nil
		}
	}
	return errors.New("uring: a NOP did not complete; use another engine")
}

// MissingError says that the kernel has io_uring without something that the engine needs.
type MissingError struct {
	Kernel string   // uname -r
	What   []string // names of kinds, "cancel", or a few words
}

// Error names what is missing, the kernel and the cure.
func (e *MissingError) Error() string {
	return fmt.Sprintf("uring: io_uring of kernel %s lacks %s; use kernel 6.1 or later, or another engine",
		e.Kernel, strings.Join(e.What, ", "))
}

type bitName struct {
	bit  uint32
	name string
}

var setupNames = []bitName{
	{sys.SetupCQSize, "cqsize"}, {sys.SetupClamp, "clamp"}, {sys.SetupSubmitAll, "submit_all"},
	{sys.SetupCoopTaskrun, "coop_taskrun"}, {sys.SetupTaskrunFlag, "taskrun_flag"}, {sys.SetupNoSQArray, "no_sqarray"},
}

var featNames = []bitName{
	{sys.FeatSingleMmap, "single_mmap"}, {sys.FeatNoDrop, "nodrop"}, {sys.FeatSubmitStable, "submit_stable"},
	{sys.FeatRWCurPos, "rw_cur_pos"}, {sys.FeatCurPersonality, "cur_personality"}, {sys.FeatFastPoll, "fast_poll"},
	{sys.FeatPoll32Bits, "poll_32bits"}, {sys.FeatSQPollNonfixed, "sqpoll_nonfixed"}, {sys.FeatExtArg, "ext_arg"},
	{sys.FeatNativeWorkers, "native_workers"}, {sys.FeatRsrcTags, "rsrc_tags"}, {sys.FeatCQESkip, "cqe_skip"},
	{sys.FeatLinkedFile, "linked_file"}, {sys.FeatRegRegRing, "reg_reg_ring"}, {sys.FeatRecvSendBundle, "recvsend_bundle"},
	{sys.FeatMinTimeout, "min_timeout"}, {sys.FeatRWAttr, "rw_attr"}, {sys.FeatNoIOWait, "no_iowait"},
}

func bitNames(set uint32, table []bitName) (names []string) {
	for _, b := range table {
		if set&b.bit != 0 {
			names = append(names, b.name)
		}
	}
	return names
}

func featureNames(set uint32) []string { return bitNames(set, featNames) }

func (r *ring) featureNames() []string {
	return append(bitNames(r.flags, setupNames), featureNames(r.features)...)
}
