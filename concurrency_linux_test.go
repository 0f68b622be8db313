// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

func obstacles(t *testing.T) []obstacle {
	gate, mu := make(chan struct{}), new(sync.Mutex)
	mu.Lock()
	r, w, err := os.Pipe()
	ok(t, err)
	var raw [2]int
	ok(t, syscall.Pipe2(raw[:], syscall.O_CLOEXEC))
	holder, err := os.Create(t.TempDir() + "/locked")
	ok(t, err)
	flock := func(f *os.File, how int) { ok(t, syscall.Flock(int(f.Fd()), how)) }
	flock(holder, syscall.LOCK_EX)
	t.Cleanup(func() {
		r.Close()
		w.Close()
		holder.Close()
		syscall.Close(raw[0])
		syscall.Close(raw[1])
	})
	return []obstacle{
		{"channel", func() { <-gate }, func() { gate <- struct{}{}; gate <- struct{}{} }, nothing},
		{"mutex", func() { mu.Lock(); defer mu.Unlock() }, mu.Unlock, mu.Lock},
		{"time.Sleep", func() { time.Sleep(sleeps) }, nothing, nothing},
		{"pipe of package os", func() { r.Read(make([]byte, 1)) }, func() { w.Write([]byte{1, 2}) }, nothing},
		{"read(2)", func() { syscall.Read(raw[0], make([]byte, 1)) }, func() { syscall.Write(raw[1], []byte{1, 2}) }, nothing},
		{"file lock", func() {
			f, err := os.Open(holder.Name())
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
		}, func() { flock(holder, syscall.LOCK_UN) }, func() { flock(holder, syscall.LOCK_EX) }},
	}
}
