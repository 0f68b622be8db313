// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestSecondStartPanics(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	o, b := &op{}, make([]byte, 1)
	ok(t, c.Recv(o, b))
	for name, start := range map[string]func() error{
		"Recv": func() error { return c.Recv(o, make([]byte, 1)) },
		"Send": func() error { return c.Send(o, nil) },
		"Read": func() error { return f.Read(o, make([]byte, 1), 0) },
	} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "started again") { // F16
					t.Errorf("%s of an operation in flight panicked with %v", name, v)
				}
			}()
			start()
		}()
	}
	far.Write([]byte("x"))
	eventually(t, "the packet", func() bool { return p.Len() == 1 })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("an Overlapped whose packet is queued was started again")
			}
		}()
		c.Recv(o, b)
	}()
	expect(t, p, o, 1, nil)
	ok(t, f.Read(o, b, 0)) // on another endpoint
	expect(t, p, o, 1, nil)
}

func TestOperationIsReusedForEverything(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	l := newListener(t, p)
	o, b := &op{}, make([]byte, 100)
	for range 20 {
		ok(t, f.Read(o, b[:7], 0))
		expect(t, p, o, 7, nil)
		ok(t, c.SendFile(o, f, 0, -1, b[:3], nil))
		expect(t, p, o, 10, nil)
		ok(t, c.Sendv(o, [][]byte{b[:2], b[:3]}))
		expect(t, p, o, 5, nil)
		far.Write(b[:15])
		ok(t, c.Recvv(o, [][]byte{b[:10], b[10:50]}))
		expect(t, p, o, 15, nil)
		ok(t, l.Accept(o, target(t)))
		dial(t, l)
		expect(t, p, o, 0, nil)
		ok(t, f.Sync(o))
		expect(t, p, o, 0, nil)
		if _, err := io.ReadFull(far, b[:15]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgottenOperationsKeepTheirMemory: the caller keeps no reference to anything (F22).
func TestForgottenOperationsKeepTheirMemory(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	const n = 50
	func() {
		for range n {
			ok(t, c.Recvv(&op{name: "forgotten"}, [][]byte{make([]byte, 100), make([]byte, 924)}))
		}
	}()
	var wg sync.WaitGroup
	for range 3 {
		runtime.GC()
		wg.Go(func() {
			var trash [][]byte
			for range 2000 {
				trash = append(trash, make([]byte, 512))
			}
			runtime.KeepAlive(trash)
		})
	}
	wg.Wait()
	go far.Write(pattern(n * 1024))
	for got := 0; got < n*1024; {
		k, err := p.Get(patience)
		ok(t, err)
		if k.Op.(*op).name != "forgotten" || k.Err != nil {
			t.Fatalf("the packet is %+v", k)
		}
		got += int(k.Bytes)
		if s := p.Stats(); s.InFlight == 0 && p.Len() == 0 {
			break
		}
	}
}
