// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

// event is what CreateEvent makes.
type event struct {
	counted
	signal
}

func (ev *event) lastClose() {}

// eventOf returns the event behind h, whose lowest bit does not matter, or nil.
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

// SetEvent sets the event. Error: ERROR_INVALID_HANDLE.
func SetEvent(h HANDLE) error {
	ev := eventOf(h)
	if ev == nil {
		return ERROR_INVALID_HANDLE
	}
	ev.set()
	return nil
}

// ResetEvent resets the event. Error: ERROR_INVALID_HANDLE.
func ResetEvent(h HANDLE) error {
	ev := eventOf(h)
	if ev == nil {
		return ERROR_INVALID_HANDLE
	}
	ev.reset()
	return nil
}
