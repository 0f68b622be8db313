// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import "golang.org/x/sys/windows"

// CreateEvent makes an event that is or is not set. A manual one stays set until [ResetEvent];
// another is reset by the wait it satisfies. It has no name.
func CreateEvent(manualReset, initialState bool) (HANDLE, error) {
	h, err := windows.CreateEvent(nil, uint32(truth(manualReset)), uint32(truth(initialState)), nil)
	if err != nil {
		return 0, codeOf(err)
	}
	return HANDLE(h), nil
}

// SetEvent sets the event. Errors: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
func SetEvent(h HANDLE) error { return codeOf(windows.SetEvent(windows.Handle(h))) }

// ResetEvent resets the event. Errors: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
func ResetEvent(h HANDLE) error { return codeOf(windows.ResetEvent(windows.Handle(h))) }
