// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "sync/atomic"

// event is what CreateEvent makes.
type event struct {
	counted
	signal
	direct atomic.Int32 // operations that will set it, on ports that somebody has to look at
}

func (ev *event) lastClose() {}

// look sees to it that the event is set if it could be, and reports whether that must be done
// again and again.
func (ev *event) look() bool {
	if ev.direct.Load() == 0 {
		return false
	}
	lookAtPorts()
	return true
}

// eventOf returns the event behind h, whose lowest bit does not matter, or nil (F12). An operation
// may set it whatever the rights of the handle are.
func eventOf(h HANDLE) *event {
	if e := handles.lookup(h); e != nil {
		ev, _ := e.obj.(*event)
		return ev
	}
	return nil
}

// CreateEvent makes an event that is or is not set. A manual one stays set until [ResetEvent];
// another is reset by the wait it satisfies. Events have no names here.
//
// Error: ERROR_NO_SYSTEM_RESOURCES if too many handles are open.
func CreateEvent(manualReset, initialState bool) (HANDLE, error) {
	ev := &event{signal: signal{auto: !manualReset}}
	if initialState {
		ev.set()
	}
	return open(ev, EVENT_ALL_ACCESS)
}

// SetEvent sets the event. It does not block. Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for
// a handle without EVENT_MODIFY_STATE.
func SetEvent(h HANDLE) error {
	ev, err := modifiable(h)
	if err == nil {
		ev.set()
	}
	return err
}

// ResetEvent resets the event. Errors: those of [SetEvent].
func ResetEvent(h HANDLE) error {
	ev, err := modifiable(h)
	if err == nil {
		ev.reset()
	}
	return err
}

func modifiable(h HANDLE) (*event, error) {
	if e := handles.lookup(h); e != nil {
		if ev, ok := e.obj.(*event); ok {
			if e.access&EVENT_MODIFY_STATE == 0 {
				return nil, ERROR_ACCESS_DENIED
			}
			return ev, nil
		}
	}
	return nil, ERROR_INVALID_HANDLE
}
