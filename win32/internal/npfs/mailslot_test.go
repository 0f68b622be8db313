// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"iocp/win32/internal/npfs"
)

func (t check) mailslot(longest int, limit time.Duration) *npfs.Mailslot {
	t.Helper()
	m, st := new(npfs.Space).CreateMailslot("box", longest, limit)
	t.status(st, npfs.Success)
	return m
}

func receive(m *npfs.Mailslot, size int) *op {
	o := newOp()
	o.buf = make([]byte, size)
	return o.started(m.Read(&o.Request, o.buf))
}

func (t check) sends(m *npfs.Mailslot, data string) {
	t.Helper()
	st, n := m.Write([]byte(data))
	t.status(st, npfs.Success)
	if n != len(data) {
		t.Fatalf("wrote %d bytes of %d", n, len(data))
	}
}

func TestMailslotNames(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	_, st := s.OpenMailslot("box")
	t.status(st, npfs.NameNotFound)
	_, st = s.CreateMailslot("", 0, 0)
	t.status(st, npfs.NameInvalid)
	m, _ := s.CreateMailslot("box", 0, 0)
	_, st = s.CreateMailslot("BOX", 0, 0)
	t.status(st, npfs.NameCollision)
	again, st := s.OpenMailslot("Box")
	t.status(st, npfs.Success)
	if again != m {
		t.Fatal("another mailslot")
	}
	m.Close()
	m.Close()
	st, _ = m.Write(nil)
	t.status(st, npfs.FileForcedClosed)
	t.now(receive(m, 1), npfs.InvalidHandle, 0)
	_, st = s.CreateMailslot("box", 0, 0)
	t.status(st, npfs.Success)
}

func TestMailslotMessages(tt *testing.T) {
	t := check{tt}
	m := t.mailslot(0, 0)
	info := func(next, count int) {
		t.Helper()
		longest, n, c, limit := m.Info()
		if longest != 0 || n != next || c != count || limit != 0 {
			t.Fatal(longest, n, c, limit)
		}
	}
	t.now(receive(m, 16), npfs.IOTimeout, 0)
	t.now(receive(m, 0), npfs.IOTimeout, 0)
	info(npfs.NoMessage, 0)
	t.sends(m, "a")
	t.sends(m, "bc")
	t.sends(m, "")
	info(1, 3)
	t.data(receive(m, 16), false, npfs.Success, "a")
	info(2, 2)
	t.now(receive(m, 1), npfs.BufferTooSmall, 0)
	t.data(receive(m, 2), false, npfs.Success, "bc")
	info(0, 1)
	t.data(receive(m, 16), false, npfs.Success, "")
	t.now(receive(m, 16), npfs.IOTimeout, 0)
}

func TestMailslotLongestMessage(tt *testing.T) {
	t := check{tt}
	m := t.mailslot(3, npfs.Forever)
	st, _ := m.Write([]byte("abcd"))
	t.status(st, npfs.InvalidParameter)
	t.sends(m, "abc")
	if longest, _, _, limit := m.Info(); longest != 3 || limit != npfs.Forever {
		t.Fatal(longest, limit)
	}
}

func TestMailslotReadsWait(tt *testing.T) {
	t := check{tt}
	m := t.mailslot(0, npfs.Forever)
	a, b, c := receive(m, 2), receive(m, 4), receive(m, 4)
	t.waits(a, b, c)
	t.sends(m, "abc")
	t.later(a, npfs.BufferTooSmall, 0)
	t.data(b, true, npfs.Success, "abc")
	t.waits(c)
	for range 2 {
		m.Cancel(&c.Request)
		t.later(c, npfs.Cancelled, 0)
	}
	d := receive(m, 4)
	m.Close()
	t.later(d, npfs.FileForcedClosed, 0)
}

func TestMailslotTimeLimit(tt *testing.T) {
	synctest.Test(tt, func(tt *testing.T) {
		t := check{tt}
		m := t.mailslot(0, time.Second)
		a := receive(m, 1)
		time.Sleep(time.Second / 2)
		b := receive(m, 1)
		time.Sleep(time.Second/2 + 1)
		synctest.Wait()
		t.later(a, npfs.IOTimeout, 0)
		t.waits(b)
		t.sends(m, "x")
		t.data(b, true, npfs.Success, "x")
		m.SetLimit(time.Hour)
		*a = op{Request: npfs.Request{Done: a}, buf: make([]byte, 1)}
		a.started(m.Read(&a.Request, a.buf))
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		t.waits(a)
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		t.later(a, npfs.IOTimeout, 0)
		a.ended = 0
		a.started(m.Read(&a.Request, a.buf))
		t.sends(m, "y")
		a.ended = 0
		a.started(m.Read(&a.Request, a.buf))
		m.SetLimit(0)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		t.later(a, npfs.IOTimeout, 0)
	})
}
