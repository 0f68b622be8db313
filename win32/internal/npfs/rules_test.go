// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"testing"

	"iocp/win32/internal/npfs"
)

func TestH01ConnectPendsUntilClientComes(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	server := t.server(s, bytes(10))
	first, second := connect(server), connect(server)
	t.waits(first, second)
	_, st := s.Open("PIPE", true, true)
	t.status(st, npfs.Success)
	t.later(first, npfs.Success, 0)
	t.later(second, npfs.Success, 0)
}

func TestH02ConnectWhenClientIsThere(tt *testing.T) {
	t := check{tt}
	server, _ := t.pair(bytes(10))
	t.now(connect(server), npfs.PipeConnected, 0)
}

func TestH03ConnectWhenClientIsGone(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(10))
	client.Close()
	t.now(connect(server), npfs.PipeClosing, 0)
	t.status(server.Disconnect(), npfs.Success)
	t.waits(connect(server))
}

func TestH04ReadsAreServedInOrder(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		a, b, c := read(r, 2), read(r, 2), read(r, 2)
		t.waits(a, b, c)
		t.now(write(w, "aabb"), npfs.Success, 4)
		t.data(a, true, npfs.Success, "aa")
		t.data(b, true, npfs.Success, "bb")
		t.waits(c)
		t.now(write(w, "c"), npfs.Success, 1)
		t.data(c, true, npfs.Success, "c")
	})
}

func TestH05PartialRead(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		t.now(write(w, "world"), npfs.Success, 5)
		t.reads(r, 3, "wor")
		t.reads(r, 10, "ld")
	})
}

func TestH06DataOutlivesWriter(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		t.now(write(w, "ab"), npfs.Success, 2)
		w.Close()
		t.reads(r, 10, "ab")
		t.now(read(r, 10), npfs.PipeBroken, 0)
		t.now(read(r, 0), npfs.PipeBroken, 0)
	})
}

func TestH07ReaderLearnsThatPeerClosed(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		a, b := read(r, 10), read(r, 0)
		w.Close()
		t.later(a, npfs.PipeBroken, 0)
		t.later(b, npfs.PipeBroken, 0)
	})
}

func TestH08WriteToClosedPeer(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		r.Close()
		t.now(write(w, "x"), npfs.PipeClosing, 0)
		t.now(write(w, ""), npfs.PipeClosing, 0)
	})
}

func TestH09PeerClosesUnderWrite(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		a := write(w, "0123456789")
		b := write(w, "x")
		t.reads(r, 3, "012")
		t.waits(a, b)
		r.Close()
		t.later(a, npfs.PipeBroken, 0)
		t.later(b, npfs.PipeBroken, 0)
	})
}

func TestH10MessageLongerThanBuffer(t *testing.T) {
	both(t, messages(100), func(t check, w, r *npfs.End) {
		t.now(write(w, "abcdef"), npfs.Success, 6)
		t.now(write(w, "next"), npfs.Success, 4)
		t.data(read(r, 4), false, npfs.BufferOverflow, "abcd")
		t.reads(r, 4, "ef")
		t.reads(r, 4, "next")
		a, b := read(r, 4), read(r, 4)
		t.now(write(w, "abcdef"), npfs.Success, 6)
		t.data(a, true, npfs.BufferOverflow, "abcd")
		t.data(b, true, npfs.Success, "ef")
	})
}

func TestH11EmptyMessage(t *testing.T) {
	both(t, messages(100), func(t check, w, r *npfs.End) {
		a, b := read(r, 4), read(r, 4)
		t.now(write(w, ""), npfs.Success, 0)
		t.data(a, true, npfs.Success, "")
		t.waits(b)
		t.now(write(w, "x"), npfs.Success, 1)
		t.data(b, true, npfs.Success, "x")
		t.now(write(w, ""), npfs.Success, 0)
		t.now(write(w, "y"), npfs.Success, 1)
		t.reads(r, 4, "")
		t.reads(r, 4, "y")
	})
}

func TestH12EmptyWriteToBytePipe(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		a := read(r, 4)
		t.now(write(w, ""), npfs.Success, 0)
		t.waits(a)
		t.now(write(w, "x"), npfs.Success, 1)
		t.data(a, true, npfs.Success, "x")
		t.now(write(w, ""), npfs.Success, 0)
		t.waits(read(r, 4))
	})
}

func TestH13EmptyReadLeavesData(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		a, b := read(r, 0), read(r, 1)
		t.now(write(w, "xyz"), npfs.Success, 3)
		t.data(a, true, npfs.Success, "")
		t.data(b, true, npfs.Success, "x")
		t.reads(r, 0, "")
		t.reads(r, 4, "yz")
	})
}

func TestH13EmptyReadOfMessage(t *testing.T) {
	both(t, messages(10), func(t check, w, r *npfs.End) {
		a := read(r, 0)
		t.now(write(w, "xyz"), npfs.Success, 3)
		t.data(a, true, npfs.BufferOverflow, "")
		t.data(read(r, 0), false, npfs.BufferOverflow, "")
		t.reads(r, 3, "xyz")
		b := read(r, 0)
		t.now(write(w, ""), npfs.Success, 0)
		t.data(b, true, npfs.Success, "")
		t.now(write(w, ""), npfs.Success, 0)
		t.reads(r, 0, "")
		t.waits(read(r, 0))
	})
}

func TestH14WriteAboveQuotaPends(t *testing.T) {
	both(t, bytes(16), func(t check, w, r *npfs.End) {
		t.now(write(w, text(8)), npfs.Success, 8)
		a := write(w, text(100))
		t.waits(a)
		t.reads(r, 54, text(8)+text(46))
		t.waits(a)
		t.reads(r, 37, text(100)[46:83])
		t.waits(a)
		t.reads(r, 1, text(84)[83:])
		t.later(a, npfs.Success, 100)
		t.reads(r, 100, text(100)[84:])
	})
}

func TestH14QuotaZero(t *testing.T) {
	both(t, bytes(0), func(t check, w, r *npfs.End) {
		a := write(w, "ab")
		t.reads(r, 1, "a")
		t.waits(a)
		t.reads(r, 9, "b")
		t.later(a, npfs.Success, 2)
		b := read(r, 9)
		t.now(write(w, "direct"), npfs.Success, 6)
		t.data(b, true, npfs.Success, "direct")
	})
}

func TestH15DisconnectEndsEverything(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(4))
	sr, cr := read(server, 4), read(client, 4)
	t.status(server.Disconnect(), npfs.Success)
	t.later(sr, npfs.PipeDisconnected, 0)
	t.later(cr, npfs.PipeDisconnected, 0)
	for _, e := range []*npfs.End{server, client} {
		t.now(read(e, 4), npfs.PipeDisconnected, 0)
		t.now(write(e, "x"), npfs.PipeDisconnected, 0)
	}
	server, client = t.pair(bytes(4))
	sw, cw := write(server, "too much"), write(client, "too much")
	sf, cf := flush(server), flush(client)
	t.status(server.Disconnect(), npfs.Success)
	for _, o := range []*op{sw, cw, sf, cf} {
		t.later(o, npfs.PipeDisconnected, 0)
	}
}

func TestH15ReadWhileListening(tt *testing.T) {
	t := check{tt}
	server := t.server(new(npfs.Space), bytes(4))
	t.now(read(server, 4), npfs.PipeListening, 0)
	t.now(write(server, "x"), npfs.PipeListening, 0)
	c := connect(server)
	t.status(server.Disconnect(), npfs.Success)
	t.later(c, npfs.PipeDisconnected, 0)
}

func TestH16CloseWithPendingRequests(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(4))
	sr, cr := read(server, 1), read(client, 1)
	server.Close()
	t.later(sr, npfs.PipeBroken, 0)
	t.later(cr, npfs.PipeBroken, 0)
	listening := t.server(new(npfs.Space), bytes(4))
	c := connect(listening)
	listening.Close()
	t.later(c, npfs.PipeBroken, 0)
	t.now(connect(listening), npfs.InvalidHandle, 0)
}

// The writes of a closed end are data that is left (H06): they end when the peer has read
// them, or when the peer closes.
func TestH16PendingWriteOutlivesItsEnd(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		a, b := write(w, "0123456"), write(w, "tail")
		f := flush(w)
		w.Close()
		t.waits(a, b, f)
		t.reads(r, 5, "01234")
		t.later(a, npfs.Success, 7)
		r.Close()
		t.later(b, npfs.PipeBroken, 0)
		t.later(f, npfs.PipeBroken, 0)
	})
}

func TestH17WriteReportsFullCount(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		a := read(r, 3)
		t.now(write(w, "0123456"), npfs.Success, 7)
		t.data(a, true, npfs.Success, "012")
		b := write(w, "abc")
		t.reads(r, 2, "34")
		t.waits(b)
		t.reads(r, 2, "56")
		t.later(b, npfs.Success, 3)
		t.reads(r, 9, "abc")
	})
}

// The sequence is the one that tests on Windows go through, with its sizes.
func TestO06WritesEndWhenTheyFit(t *testing.T) {
	for _, c := range []npfs.Config{bytes(5000), messages(5000), {
		InQuota: 5000, OutQuota: 5000, Messages: true, Mode: npfs.ReadBytes}} {
		both(t, c, func(t check, w, r *npfs.End) { writesThatFit(t, c, w, r) })
	}
}

func writesThatFit(t check, c npfs.Config, w, r *npfs.End) {
	part := npfs.Success
	if c.Mode == npfs.ReadMessages {
		part = npfs.BufferOverflow
	}
	a := read(r, 1000)
	t.now(flush(w), npfs.Success, 0)
	t.now(write(w, text(4000)), npfs.Success, 4000)
	t.over(a, true, part, 1000)
	t.peeks(r, c, 3000, 3000)
	big := write(w, text(5000))
	t.peeks(r, c, 3000, 8000)
	one := write(w, "x")
	f := flush(w)
	t.now(write(w, ""), npfs.Success, 0)
	t.waits(big, one, f)
	t.peeks(r, c, 3000, 8001)
	t.now(read(r, 3000), npfs.Success, 3000)
	t.later(big, npfs.Success, 5000)
	t.waits(one, f)
	t.peeks(r, c, 5000, 5001)
	t.now(read(r, 1), part, 1)
	t.later(one, npfs.Success, 1)
	if c.Mode == npfs.ReadMessages {
		t.now(read(r, 5000), npfs.Success, 4999)
		t.peeks(r, c, 1, 1)
		t.waits(f)
		t.reads(r, 1000, "x")
	} else {
		t.now(read(r, 5000), npfs.Success, 5000)
	}
	t.later(f, npfs.Success, 0)
	if c.Messages {
		t.reads(r, 1000, "")
	}
	t.waits(read(r, 1000))
}

// peeks expects this much of the first message and this much in all.
func (t check) peeks(e *npfs.End, c npfs.Config, first, all int) {
	t.Helper()
	p, st := e.Peek(make([]byte, 10000))
	t.status(st, npfs.Success)
	want := npfs.Peeked{N: all, Available: all}
	if c.Messages {
		want = npfs.Peeked{N: first, Available: all, Message: first}
	}
	if p != want {
		t.Fatalf("peeked %+v, want %+v", p, want)
	}
}

func TestO07CancelledWriteTakesItsBytes(t *testing.T) {
	for _, c := range []npfs.Config{bytes(4), messages(4)} {
		both(t, c, func(t check, w, r *npfs.End) {
			a, b := write(w, "0123456"), write(w, "x")
			if !w.Cancel(&a.Request) {
				t.Fatal("the write was not found")
			}
			t.later(a, npfs.Cancelled, 0)
			t.later(b, npfs.Success, 1)
			t.reads(r, 10, "x")
			a, b = write(w, "0123456"), write(w, "abcd")
			t.over(read(r, 2), false, partial(c), 2)
			t.waits(a, b)
			w.Cancel(&a.Request)
			t.later(a, npfs.Cancelled, 0)
			t.later(b, npfs.Success, 4)
			t.reads(r, 10, "abcd")
		})
	}
}

func partial(c npfs.Config) npfs.Status {
	if c.Mode == npfs.ReadMessages {
		return npfs.BufferOverflow
	}
	return npfs.Success
}

func TestO07CancelledWriteReleasesFlush(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		a := write(w, "0123456")
		f := flush(w)
		b := write(w, "78")
		g := flush(w)
		w.Cancel(&a.Request)
		t.later(f, npfs.Success, 0)
		t.waits(g)
		t.later(b, npfs.Success, 2)
		t.reads(r, 2, "78")
		t.later(g, npfs.Success, 0)
	})
}

func TestCancelOfOtherRequests(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(4))
	a, b := read(client, 4), read(client, 4)
	if server.Cancel(&b.Request) {
		t.Fatal("a read of the client was found at the server")
	}
	for range 2 {
		client.Cancel(&b.Request)
		t.later(b, npfs.Cancelled, 0)
	}
	t.now(write(server, "ab"), npfs.Success, 2)
	t.data(a, true, npfs.Success, "ab")
	t.now(write(server, "ab"), npfs.Success, 2)
	f := flush(server)
	server.Cancel(&f.Request)
	t.later(f, npfs.Cancelled, 0)
	listening := t.server(new(npfs.Space), bytes(4))
	c := connect(listening)
	listening.Cancel(&c.Request)
	t.later(c, npfs.Cancelled, 0)
}

// None of the writes that are cancelled together ends because another one has made room.
func TestCancelOfEverything(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		a, b, f, in := write(w, "0123456"), write(w, "x"), flush(w), read(w, 1)
		kept := write(w, "y")
		n := w.CancelFunc(func(r *npfs.Request) bool { return r != &kept.Request })
		if n != 4 {
			t.Fatalf("%d requests were cancelled", n)
		}
		for _, o := range []*op{a, b, f, in} {
			t.later(o, npfs.Cancelled, 0)
		}
		t.later(kept, npfs.Success, 1)
		t.reads(r, 4, "y")
	})
}

func TestO08FlushWaitsForReader(t *testing.T) {
	both(t, bytes(10), func(t check, w, r *npfs.End) {
		t.now(write(w, "abc"), npfs.Success, 3)
		f := flush(w)
		t.now(write(w, "later"), npfs.Success, 5)
		t.reads(r, 2, "ab")
		t.waits(f)
		t.reads(r, 1, "c")
		t.later(f, npfs.Success, 0)
		g := flush(w)
		r.Close()
		t.later(g, npfs.PipeBroken, 0)
		t.now(flush(w), npfs.Success, 0)
	})
}

func TestO09ServersBusiness(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(4))
	t.now(connect(client), npfs.IllegalFunction, 0)
	t.status(client.Disconnect(), npfs.IllegalFunction)
	t.now(write(client, "lost"), npfs.Success, 4)
	t.status(server.Disconnect(), npfs.Success)
	t.status(server.Disconnect(), npfs.PipeDisconnected)
	t.now(read(server, 4), npfs.PipeDisconnected, 0)
}
