// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
)

func TestPoolEndsWhenIdle(t *testing.T) {
	p := newPort(t)
	p.pool.Idle = time.Millisecond
	p.Do(&engine.Op{Kind: engine.Sync, FD: p.File("x")})
	p.Eventually("the thread ends", func() bool { return p.pool.Size() == 0 })
	p.Do(&engine.Op{Kind: engine.Sync, FD: p.File("x")})
}

func TestProbeSaysWhatIsMissing(t *testing.T) {
	info := poor().inspect()
	if !info.Available || len(info.Features) != 0 || len(info.Lacks) != 2 {
		t.Errorf("%+v", info)
	}
	for i, want := range []string{"preadv2", "eventfd2"} {
		if !strings.Contains(info.Lacks[i], want) {
			t.Errorf("%q does not name %s", info.Lacks[i], want)
		}
	}
	if info := Probe(); info.Available && len(info.Features)+len(info.Lacks) == 0 {
		t.Errorf("%+v", info)
	}
}

func TestRefusalSaysWhatToDo(t *testing.T) {
	for errno, cure := range map[syscall.Errno]string{syscall.EMFILE: "ulimit -n", syscall.ENFILE: "fs.file-max",
		syscall.ENOMEM: "memory limit", syscall.EPERM: "seccomp", syscall.EINVAL: "another engine"} {
		k := *host
		k.create = func() (int, syscall.Errno) { return -1, errno }
		info := k.inspect()
		if info.Available || info.Err == nil || !strings.Contains(info.Err.Error(), cure) {
			t.Errorf("%v: %+v", errno, info)
		}
	}
}
