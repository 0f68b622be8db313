// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"strings"
	"syscall"
	"testing"
)

func TestProbeSaysWhatItCosts(t *testing.T) {
	info := Probe()
	if !info.Available || info.Err != nil || info.Kernel == "" || len(info.Lacks) == 0 {
		t.Errorf("%+v", info)
	}
}

func TestRefusalSaysWhatToDo(t *testing.T) {
	for errno, cure := range map[syscall.Errno]string{syscall.EMFILE: "ulimit -n", syscall.ENFILE: "raise its limit",
		syscall.ENOMEM: "raise the limit", syscall.EINVAL: "another engine"} {
		if err := explained("pipe", errno); !strings.Contains(err.Error(), cure) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}
