// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"syscall"
	"testing"
)

// Opening a named pipe would block until somebody writes to it.
func TestServeRefusesPipes(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(dir+"/pipe", 0o644); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	_, url := serveDir(t, dir)
	if resp, _ := get(t, client(t), url+"/pipe"); resp.StatusCode != 403 {
		t.Errorf("got %s, want 403", resp.Status)
	}
}
