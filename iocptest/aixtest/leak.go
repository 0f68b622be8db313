// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// leakLimit is how long what is being closed may take to be gone.
const leakLimit = 5 * time.Second

// inventory is what a rule may not leave more of than it found.
type inventory struct {
	goroutines int
	files      map[string]string
}

func takeInventory() inventory {
	return inventory{goroutines: runtime.NumGoroutine(), files: openFiles()}
}

// openFiles maps the number of every open descriptor to what it refers to: proc(5).
func openFiles() map[string]string {
	const dir = "/proc/self/fd"
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	files := make(map[string]string)
	for _, name := range names {
		// The descriptor that read the directory is gone by now.
		if target, err := os.Readlink(filepath.Join(dir, name.Name())); err == nil {
			files[name.Name()] = target
		}
	}
	return files
}

// compare fails t if something is left over. What is being closed is given time.
func (before inventory) compare(t *testing.T) {
	t.Helper()
	for start := time.Now(); ; runtime.Gosched() {
		now := takeInventory()
		if now.goroutines <= before.goroutines && len(now.files) <= len(before.files) {
			return
		}
		if time.Since(start) < leakLimit {
			continue
		}
		stacks := make([]byte, 1<<16)
		t.Errorf("left behind: %d goroutines and %d descriptors more than before: %v\n%s", now.goroutines-before.goroutines,
			len(now.files)-len(before.files), now.files, stacks[:runtime.Stack(stacks, true)])
		return
	}
}
