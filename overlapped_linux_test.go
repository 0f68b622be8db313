// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// onDyingThread runs f in a goroutine whose thread ends with it, and waits for both ends.
func onDyingThread(t *testing.T, f func()) {
	t.Helper()
	tid := make(chan int, 1)
	var run func()
	run = func() {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() { // the main thread does not end: keep it busy meanwhile
			defer runtime.UnlockOSThread()
			done := make(chan struct{})
			go func() {
				defer close(done)
				run()
			}()
			<-done
			return
		}
		f()
		tid <- syscall.Gettid()
	}
	go run()
	name := fmt.Sprintf("/proc/self/task/%d", await(t, "the operations to be started", tid))
	eventually(t, "the thread to end", func() bool { _, err := os.Stat(name); return err != nil })
}

// TestOperationsOutliveTheThreadThatStartedThem: the kernel cancels what a thread has submitted
// when the thread ends (F20); nobody may notice.
func TestOperationsOutliveTheThreadThatStartedThem(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	l, conn := newListener(t, p), target(t)
	r, w := pipe(t, p, true)
	f := tempFile(t, p, pattern(1<<20))
	a, b, probe, accept, read, file, send := &op{name: "a"}, &op{name: "b"}, &op{name: "probe"}, &op{name: "accept"},
		&op{name: "read"}, &op{name: "file"}, &op{name: "send"}
	buf, first, content := make([]byte, 12), make([]byte, 4), pattern(16<<20)
	onDyingThread(t, func() {
		ok(t, c.Recv(a, buf[:4]))
		ok(t, c.Recvv(b, [][]byte{buf[4:6], buf[6:8]}))
		ok(t, c.Readable(probe))
		ok(t, l.AcceptData(accept, conn, first))
		ok(t, r.Read(read, buf[8:], 0))
		ok(t, f.Write(file, content, 0))
		ok(t, c.Send(send, content))
	})
	expect(t, p, file, int64(len(content)), nil)
	if _, err := p.Get(0); err != ErrTimeout {
		t.Fatalf("something ended by itself: %v", err)
	}
	far.Write([]byte("abcd"))
	expect(t, p, a, 4, nil)
	far.Write([]byte("efgh"))
	expect(t, p, b, 4, nil)
	far.Write([]byte("!"))
	expect(t, p, probe, 0, nil)
	peer := dial(t, l)
	peer.Write([]byte("data"))
	expect(t, p, accept, 4, nil)
	w.Write([]byte("ijkl"))
	expect(t, p, read, 4, nil)
	same(t, buf, []byte("abcdefghijkl"))
	got := receive(far, len(content))
	expect(t, p, send, int64(len(content)), nil)
	same(t, await(t, "the content", got), content)
}

func TestCancelAndCloseAfterTheThreadHasEnded(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	a, b := &op{name: "a"}, &op{name: "b"}
	onDyingThread(t, func() {
		ok(t, c.Recv(a, make([]byte, 1)))
		ok(t, c.Recv(b, make([]byte, 1)))
	})
	ok(t, a.Cancel())
	expect(t, p, a, 0, ErrCanceled)
	ok(t, c.Close())
	expect(t, p, b, 0, net.ErrClosed)
}

// TestWorkersOnDyingThreads: a worker that submits for others ends with its thread.
func TestWorkersOnDyingThreads(t *testing.T) {
	p := newPort(t)
	const n = 20
	var near [n]*TCPConn
	var fars [n]*net.TCPConn
	ops, bufs := make([]op, n), make([]byte, n)
	for i := range n {
		near[i], fars[i] = tcpPair(t, p)
		ok(t, near[i].Recv(&ops[i], bufs[i:i+1]))
	}
	for i := range n {
		onDyingThread(t, func() {
			fars[i].Write([]byte{byte(i)})
			k := get(t, p)
			o := k.Op.(*op)
			for j := range ops {
				if o == &ops[j] {
					compare(t, k, 1, nil)
					ok(t, near[j].Recv(o, bufs[j:j+1]))
				}
			}
		})
	}
	for i := range n {
		fars[i].Write([]byte{byte(100 + i)})
	}
	gather(t, p, n)
	for i, b := range bufs {
		if int(b) != 100+i {
			t.Errorf("connection %d received %d", i, b)
		}
	}
}
