// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package probe_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"iocp/internal/engine/probe"
)

func TestShortagesAreToldFromRefusals(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.EMFILE: true, syscall.ENFILE: true, syscall.ENOMEM: true,
		syscall.ENOSYS: false, syscall.EPERM: false, syscall.EINVAL: false,
	} {
		if got := probe.Shortage(fmt.Errorf("a call: %w", errno)); got != want {
			t.Errorf("%v is a shortage: %v", errno, got)
		}
	}
	if probe.Shortage(nil) {
		t.Error("no error is a shortage")
	}
}

func TestReleaseIsANumber(t *testing.T) {
	if r := probe.Release(); !strings.ContainsAny(r[:1], "0123456789") || strings.ContainsRune(r, 0) {
		t.Errorf("the release is %q", r)
	}
}
