// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// underWine reports whether this is Wine, which says so with a function of its own in ntdll.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// objects is what must be as it was when a rule is over. The runtime opens handles of its own
// (threads, timers) when it likes, so on Windows nothing is counted here: rules that are about
// handles count for themselves.
type objects struct{}

func openObjects() objects                        { return objects{} }
func compareObjects(t *testing.T, before objects) {}

// clockTick is by how much a timeout may be early.
const clockTick = 16 * time.Millisecond

// keepThread makes a rule start all its operations on one thread of the system, which is who
// gets their outcomes: on several they may come in another order.
func keepThread() (release func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
