// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"

	"golang.org/x/sys/windows"
)

func TestMonitorReleasesForAWorkerInASystemCall(t *testing.T) { // C05, C16
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { windows.CloseHandle(event) })
	testRelease(t, func(a *actor) {
		a.start(func() { windows.WaitForSingleObject(event, windows.INFINITE) })
	}, func() { windows.SetEvent(event) })
}
