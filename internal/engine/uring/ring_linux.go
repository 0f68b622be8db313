// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"iocp/internal/engine/probe"
	sys "iocp/internal/sys/uring"
)

// kernel is what the engine asks of the machine outside a ring; tests put refusals in.
type kernel struct {
	setup   func(entries uint32, p *sys.Params) (int, syscall.Errno)
	probe   func(fd int, p *sys.Probe) syscall.Errno
	release func() string // uname -r
	sysctl  func() string // kernel.io_uring_disabled, "" where there is none
	barrier *barrier
}

var host = &kernel{setup: sys.Setup, probe: registerProbe, release: probe.Release, sysctl: sysctlDisabled, barrier: hostBarrier}

// setupFlags are tried in order until the kernel knows them all: what came with 6.6 is given up.
var setupFlags = [...]uint32{baseFlags | sys.SetupNoSQArray, baseFlags}

const baseFlags = sys.SetupCQSize | sys.SetupClamp | sys.SetupSubmitAll | sys.SetupCoopTaskrun | sys.SetupTaskrunFlag

// needFeatures: one mapping for both queues keeps the code short, without NODROP a full completion queue would lose
// completions, and without EXT_ARG there is no Dwell.
const needFeatures = sys.FeatSingleMmap | sys.FeatNoDrop | sys.FeatExtArg

// ring is the memory shared with the kernel. Indices run freely and wrap around at 2^32.
type ring struct {
	fd       int
	flags    uint32 // setup flags in force
	features uint32

	sqes    []sys.SQE
	sqMask  uint32
	sqTail  uint32 // our own: entries up to here are filled in
	sqSeen  uint32 // the kernel's head when it was last counted
	sqHeadP *uint32
	sqTailP *atomic.Uint32
	sqFlags *uint32

	cqes    []sys.CQE
	cqMask  uint32
	cqHeadP *atomic.Uint32
	cqTailP *uint32
	cqFlags *uint32

	queues, entries []byte // the two mappings
}

func (k *kernel) openRing(entries, cqEntries uint32) (*ring, error) {
	fd, p, errno := k.setupRing(entries, cqEntries)
	if errno != 0 {
		return nil, k.refused("io_uring_setup", errno)
	}
	r := &ring{fd: fd, flags: p.Flags, features: p.Features}
	if missing := needFeatures &^ p.Features; missing != 0 {
		err := fmt.Errorf("uring: kernel %s lacks the io_uring features %v; use 6.1 or later", k.release(), featureNames(missing))
		return nil, errors.Join(err, r.close())
	}
	if err := r.mapMemory(p); err != nil {
		return nil, errors.Join(fmt.Errorf("uring: mmap of the ring: %w", err), r.close())
	}
	r.init(p)
	return r, nil
}

func (k *kernel) setupRing(entries, cqEntries uint32) (fd int, p *sys.Params, errno syscall.Errno) {
	for _, flags := range setupFlags {
		p = &sys.Params{Flags: flags, CQEntries: cqEntries}
		if fd, errno = k.setup(entries, p); errno != syscall.EINVAL {
			break
		}
	}
	return fd, p, errno
}

func (r *ring) mapMemory(p *sys.Params) (err error) {
	size := p.CQOff.CQEs + p.CQEntries*sys.SizeofCQE
	if r.flags&sys.SetupNoSQArray == 0 {
		size = max(size, p.SQOff.Array+p.SQEntries*4)
	}
	const prot, how = syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_SHARED | syscall.MAP_POPULATE
	if r.queues, err = syscall.Mmap(r.fd, sys.OffSQRing, int(size), prot, how); err != nil {
		return err
	}
	r.entries, err = syscall.Mmap(r.fd, sys.OffSQEs, int(p.SQEntries*sys.SizeofSQE), prot, how)
	return err
}

func (r *ring) init(p *sys.Params) {
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queues[off])) }
	ours := func(off uint32) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&r.queues[off])) }
	r.sqHeadP, r.sqTailP, r.sqFlags = at(p.SQOff.Head), ours(p.SQOff.Tail), at(p.SQOff.Flags)
	r.cqHeadP, r.cqTailP, r.cqFlags = ours(p.CQOff.Head), at(p.CQOff.Tail), at(p.CQOff.Flags)
	r.sqMask, r.cqMask = *at(p.SQOff.RingMask), *at(p.CQOff.RingMask)
	r.sqes = unsafe.Slice((*sys.SQE)(unsafe.Pointer(&r.entries[0])), p.SQEntries)
	r.cqes = unsafe.Slice((*sys.CQE)(unsafe.Pointer(&r.queues[p.CQOff.CQEs])), p.CQEntries)
	if r.flags&sys.SetupNoSQArray == 0 {
		// Entry i always goes through slot i of the index array, so it is filled once.
		for i, array := uint32(0), unsafe.Slice(at(p.SQOff.Array), p.SQEntries); i < p.SQEntries; i++ {
			array[i] = i
		}
	}
}

func (r *ring) close() error {
	var errs [3]error
	if r.entries != nil {
		errs[0] = syscall.Munmap(r.entries)
	}
	if r.queues != nil {
		errs[1] = syscall.Munmap(r.queues)
	}
	errs[2] = syscall.Close(r.fd)
	return errors.Join(errs[:]...)
}

// used is the number of entries that the kernel has not consumed yet.
func (r *ring) used() uint32 { return r.sqTail - atomic.LoadUint32(r.sqHeadP) }

func (r *ring) room() bool { return r.used() < uint32(len(r.sqes)) }

// next returns a cleared entry; the caller has made sure of room. Nothing is seen by the
// kernel before Publish.
func (r *ring) next() *sys.SQE {
	s := &r.sqes[r.sqTail&r.sqMask]
	r.sqTail++
	*s = sys.SQE{}
	return s
}

// overflowed reports whether completions wait in the kernel because the completion queue
// was full. They come only when somebody enters with GETEVENTS.
func (r *ring) overflowed() bool { return atomic.LoadUint32(r.sqFlags)&sys.SQCQOverflow != 0 }

// reapable is the part of Ready that needs no lock.
func (r *ring) reapable() bool {
	return atomic.LoadUint32(r.cqTailP) != r.cqHeadP.Load() || r.overflowed()
}
