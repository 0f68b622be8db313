// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import "syscall"

// What LioListio does, and what its requests are.
const (
	LIO_NOWAIT      = 0
	LIO_WAIT        = 1
	LIO_NOWAIT_GMCS = 2 // as LIO_NOWAIT: the control blocks tell the end here, too (E14)

	LIO_NOP   int32 = 0
	LIO_READ  int32 = 1
	LIO_WRITE int32 = 2
)

// LioListio starts the requests of list, each as its LioOpcode says, in the order of the list
// and with no promise about the order of their ends (G14). nil elements and LIO_NOP are passed over.
// With LIO_WAIT it blocks until all of them are over; packets come all the same. Signals are not
// offered.
//
// Errors: EINVAL for another mode, and nothing is started then. EIO if some could not be
// started, or with LIO_WAIT have failed: AioError says which and why. The others go on, and are
// waited for with LIO_WAIT.
func LioListio(mode int, list []*AIOCB) error {
	if mode != LIO_NOWAIT && mode != LIO_WAIT && mode != LIO_NOWAIT_GMCS {
		return syscall.EINVAL
	}
	failed := false
	for _, cb := range list {
		if err := cb.listed(); err != nil {
			failed = true
		}
	}
	if mode == LIO_WAIT {
		await(list, -1, true) // EINVAL: there was nothing to start
		failed = failed || anyFailed(list)
	}
	if failed {
		return syscall.EIO
	}
	return nil
}

// listed starts the request of an element. A control block that is in use, by an element before,
// keeps its state; else AioError tells why the request was refused.
func (cb *AIOCB) listed() error {
	if cb == nil || cb.LioOpcode == LIO_NOP {
		return nil
	}
	var err error
	switch cb.LioOpcode {
	case LIO_READ:
		err = AioRead(cb)
	case LIO_WRITE:
		err = AioWrite(cb)
	default:
		err = syscall.EINVAL
	}
	if err != nil && cb.req.busy.CompareAndSwap(false, true) {
		cb.req.refused = err.(syscall.Errno)
		cb.req.status.Store(wasRefused)
		cb.req.busy.Store(false)
	}
	return err
}

func anyFailed(list []*AIOCB) bool {
	for _, cb := range list {
		if cb == nil || cb.LioOpcode == LIO_NOP {
			continue
		}
		if _, errno := cb.req.outcome(); errno != 0 {
			return true
		}
	}
	return false
}
