// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"os"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/engine/pool"
)

// toEnd is the flag of a Write that goes to the end of the file: RWF_APPEND.
const toEnd = 0x10

func TestWritesToTheEnd(t *testing.T) {
	p := newPort(t)
	f := p.File("0123")
	for range 3 {
		w := enginetest.Op(engine.Write, f, []byte("ab"))
		w.Flags = toEnd
		res := p.Do(w)
		if res == -int32(syscall.EOPNOTSUPP) {
			t.Skip("this kernel has no preadv2")
		}
		p.Is("write", res, 2)
	}
	v, n := enginetest.Vectors([]byte("c"), []byte("d"))
	p.Is("writev", p.Do(&engine.Op{Kind: engine.Writev, FD: f, Addr: v, Len: n, Flags: toEnd}), 2)
	p.Holds(f, "0123abababcd")
}

func TestFilesThatAppendIgnoreTheOffset(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/file"
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 2 {
		p.Is("write", p.Do(enginetest.Op(engine.Write, int32(f.Fd()), []byte("ab"))), 2)
	}
	if got, err := os.ReadFile(name); string(got) != "abab" || err != nil {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

// More threads than there may be are wanted; those who wait can be cancelled, the others not.
func TestPoolIsBounded(t *testing.T) {
	p := newPort(t)
	var ops []*engine.Op
	var writers []int32
	for range pool.MaxThreads + 4 {
		r, w := p.Pipe()
		p.refuse(r)
		ops = append(ops, enginetest.Stream(engine.Read, r, make([]byte, 1)))
		writers = append(writers, w)
	}
	p.Start(ops...)
	if s := p.Stats(); s.Threads != pool.MaxThreads {
		t.Errorf("%d threads, want %d", s.Threads, pool.MaxThreads)
	}
	p.Eventually("all threads are busy", func() bool { return p.pool.Queued() == 4 })
	p.CancelAll(ops...)
	for _, c := range p.Wait(4) {
		p.Is("a read that waited for a thread", c.Res, -int32(syscall.ECANCELED))
	}
	p.None()
	for _, w := range writers {
		p.Send(w, "x")
	}
	for _, c := range p.Wait(pool.MaxThreads) {
		p.Is("a read that had begun", c.Res, 1)
	}
}

func TestPoolEndsWhenIdle(t *testing.T) {
	p := newPort(t)
	p.pool.Idle = time.Millisecond
	p.Do(&engine.Op{Kind: engine.Sync, FD: p.File("x")})
	p.Eventually("the thread ends", func() bool { return p.pool.Size() == 0 })
	p.Do(&engine.Op{Kind: engine.Sync, FD: p.File("x")})
}
