// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

func obstacles(t *testing.T) []obstacle {
	gate, mu := make(chan struct{}), new(sync.Mutex)
	mu.Lock()
	near, far := netPair(t)
	r, w, err := os.Pipe()
	ok(t, err)
	const manualReset = 1
	event, err := windows.CreateEvent(nil, manualReset, 0, nil)
	ok(t, err)
	t.Cleanup(func() {
		r.Close()
		w.Close()
		windows.CloseHandle(event)
	})
	return []obstacle{
		{"channel", func() { <-gate }, func() { gate <- struct{}{}; gate <- struct{}{} }, nothing},
		{"mutex", func() { mu.Lock(); defer mu.Unlock() }, mu.Unlock, mu.Lock},
		{"time.Sleep", func() { time.Sleep(sleeps) }, nothing, nothing},
		{"connection of package net", func() { near.Read(make([]byte, 1)) }, func() { far.Write([]byte{1, 2}) }, nothing},
		{"pipe of package os", func() { r.Read(make([]byte, 1)) }, func() { w.Write([]byte{1, 2}) }, nothing},
		{"event", func() { windows.WaitForSingleObject(event, windows.INFINITE) },
			func() { ok(t, windows.SetEvent(event)) }, func() { ok(t, windows.ResetEvent(event)) }},
	}
}
