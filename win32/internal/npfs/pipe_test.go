// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"iocp/win32/internal/npfs"
)

func TestNames(t *testing.T) {
	for path, want := range map[string]string{
		`\\.\pipe\name`: "name", `\\.\PiPe\a\b`: `a\b`, `\\?\pipe\x`: "x", `//./pipe/x/y`: `x\y`, `\\.\pipe\`: "",
	} {
		if got, ok := npfs.PipeName(path); !ok || got != want {
			t.Errorf("PipeName(%q) = %q, %v", path, got, ok)
		}
	}
	for _, path := range []string{"", "pipe", `\\.\pipe`, `\\server\pipe\x`, `\\.\mailslot\x`, `\.\pipe\xx`, `\\.\pipes\x`} {
		if got, ok := npfs.PipeName(path); ok {
			t.Errorf("PipeName(%q) = %q", path, got)
		}
	}
	if got, ok := npfs.MailslotName(`\\.\mailslot\box`); !ok || got != "box" {
		t.Errorf("MailslotName = %q, %v", got, ok)
	}
}

func TestCreateRefusesNonsense(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	_, st := s.Create("", npfs.Config{Max: 1})
	t.status(st, npfs.NameInvalid)
	for _, c := range []npfs.Config{{}, {Max: 256}, {Max: 1, InQuota: -1}, {Max: 1, Mode: npfs.ReadMessages}} {
		_, st := s.Create("p", c)
		t.status(st, npfs.InvalidParameter)
	}
	_, st = s.Open("p", true, true)
	t.status(st, npfs.NameNotFound)
}

func TestInstancesShareTheName(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	a := t.server(s, npfs.Config{Max: 2, First: true})
	for _, c := range []npfs.Config{{Max: 2, First: true}, {Max: 2, Messages: true}, {Max: 2, Direction: npfs.Inbound}} {
		_, st := s.Create("PIPE", c)
		t.status(st, npfs.AccessDenied)
	}
	b := t.server(s, npfs.Config{Max: 7})
	_, st := s.Create("pipe", npfs.Config{Max: 2})
	t.status(st, npfs.InstanceLimit)
	client, _ := s.Open("pipe", true, true)
	a.Close()
	i, _ := client.Info()
	if i.Instances != 1 || i.Max != 2 || i.State != npfs.Closing {
		t.Fatalf("%+v", i)
	}
	b.Close()
	_, st = s.Open("pipe", true, true)
	t.status(st, npfs.NameNotFound)
	t.server(s, npfs.Config{Messages: true})
}

func TestInstancesAreTakenInOrder(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	var servers [4]*npfs.End
	for i := range servers {
		servers[i] = t.server(s, npfs.Config{Max: 4})
	}
	takes := func(i int) {
		t.Helper()
		client, st := s.Open("pipe", true, true)
		t.status(st, npfs.Success)
		t.now(connect(servers[i]), npfs.PipeConnected, 0)
		client.Close()
	}
	takes(0)
	takes(1)
	takes(2)
	servers[0].Disconnect()
	servers[2].Disconnect()
	connect(servers[2])
	connect(servers[0])
	takes(3)
	takes(2)
	takes(0)
	_, st := s.Open("pipe", true, true)
	t.status(st, npfs.NotAvailable)
	servers[0].Disconnect()
	_, st = s.Open("pipe", true, true)
	t.status(st, npfs.NotAvailable)
}

func TestDirections(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	server := t.server(s, npfs.Config{Direction: npfs.Inbound, InQuota: 4, Max: 1})
	_, st := s.Open("pipe", true, false)
	t.status(st, npfs.AccessDenied)
	client, st := s.Open("pipe", false, true)
	t.status(st, npfs.Success)
	t.now(write(server, "x"), npfs.AccessDenied, 0)
	t.now(read(client, 1), npfs.AccessDenied, 0)
	t.now(flush(server), npfs.AccessDenied, 0)
	_, st = client.Peek(nil)
	t.status(st, npfs.AccessDenied)
	t.now(transact(client, "x", 1), npfs.AccessDenied, 0)
	t.now(write(client, "x"), npfs.Success, 1)
	t.reads(server, 4, "x")
	r, w := npfs.Pair(4)
	t.now(write(w, "abc"), npfs.Success, 3)
	t.reads(r, 4, "abc")
	t.now(write(r, "x"), npfs.AccessDenied, 0)
}

func TestWaitForInstance(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	t.status(s.Wait("pipe", npfs.Forever), npfs.NameNotFound)
	server := t.server(s, npfs.Config{Max: 2, Timeout: time.Second})
	t.status(s.Wait("pipe", npfs.Forever), npfs.Success)
	s.Open("pipe", true, true)
	synctest.Test(tt, func(tt *testing.T) {
		start := time.Now()
		t.status(s.Wait("pipe", 0), npfs.IOTimeout)
		t.status(s.Wait("pipe", 2*time.Second), npfs.IOTimeout)
		if d := time.Since(start); d != 3*time.Second {
			tt.Fatalf("waited %v, want 1 s, the pipe's, and 2 s", d)
		}
	})
	wakes(t, s, npfs.Success, func() { t.server(s, npfs.Config{Max: 2}).Close() })
	server.Disconnect()
	wakes(t, s, npfs.Success, func() { connect(server) })
	s.Open("pipe", true, true)
	wakes(t, s, npfs.NameNotFound, server.Close)
}

// wakes expects that what f does ends a wait.
func wakes(t check, s *npfs.Space, want npfs.Status, f func()) {
	t.Helper()
	synctest.Test(t.T, func(tt *testing.T) {
		woken := make(chan npfs.Status)
		go func() { woken <- s.Wait("pipe", npfs.Forever) }()
		synctest.Wait()
		f()
		check{tt}.status(<-woken, want)
	})
}

// The table is what tests on Windows find in each state.
func TestWhatEachStateSays(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	server := t.server(s, messages(10))
	says(t, server, npfs.PipeListening, npfs.PipeListening, npfs.InvalidPipeState, npfs.InvalidPipeState, npfs.Success)
	client, _ := s.Open("pipe", true, true)
	server.Close()
	closing := []npfs.Status{npfs.PipeBroken, npfs.PipeClosing, npfs.PipeBroken, npfs.InvalidPipeState, npfs.Success}
	says(t, client, closing...)
	server, client = t.pair(messages(10))
	client.Close()
	says(t, server, closing...)
	server.Disconnect()
	gone := npfs.PipeDisconnected
	says(t, server, gone, gone, npfs.InvalidPipeState, npfs.InvalidPipeState, npfs.Success)
	server, client = t.pair(messages(10))
	server.Disconnect()
	connect(server)
	says(t, client, gone, gone, gone, gone, gone)
	_, st := client.Info()
	t.status(st, gone)
	t.status(client.SetMode(npfs.ReadBytes, false), gone)
	server.Close()
	says(t, client, gone, gone, gone, gone, gone)
	client.Close()
	client.Close()
	bad := npfs.InvalidHandle
	says(t, client, bad, bad, bad, bad, bad)
	says(t, server, bad, bad, bad, bad, bad)
	t.status(server.Disconnect(), bad)
}

// says expects what a read, a write, a peek, a transaction and a flush say at once.
func says(t check, e *npfs.End, want ...npfs.Status) {
	t.Helper()
	t.now(read(e, 1), want[0], 0)
	t.now(write(e, "x"), want[1], 0)
	_, st := e.Peek(nil)
	t.status(st, want[2])
	t.now(transact(e, "x", 1), want[3], 0)
	t.now(flush(e), want[4], 0)
}

func TestDetachedClientSeesNothingOfTheNext(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	server := t.server(s, bytes(10))
	old, _ := s.Open("pipe", true, true)
	server.Disconnect()
	connect(server)
	client, _ := s.Open("pipe", true, true)
	t.now(write(server, "secret"), npfs.Success, 6)
	t.now(read(old, 10), npfs.PipeDisconnected, 0)
	old.Close()
	t.reads(client, 10, "secret")
	t.waits(read(server, 1))
}

func TestEndThatDoesNotWait(tt *testing.T) {
	t := check{tt}
	for _, message := range []bool{false, true} {
		c := npfs.Config{Messages: message, NoWait: true, InQuota: 512, OutQuota: 512}
		server, client := t.pair(c)
		t.now(read(server, 10), npfs.PipeEmpty, 0)
		t.now(write(client, "bits"), npfs.Success, 4)
		t.reads(server, 10, "bits")
		t.now(write(server, text(513)), npfs.Success, 0)
		a := read(client, 32768)
		t.now(write(server, text(513)), npfs.Success, 513)
		t.later(a, npfs.Success, 513)
		a = read(client, 1)
		t.now(write(server, text(513)), npfs.Success, 513)
		t.later(a, npfs.Success, 1)
		t.now(read(client, 32768), npfs.Success, 512)
		a = read(client, 1)
		if message {
			t.now(write(server, text(514)), npfs.Success, 0)
			t.waits(a)
			client.Cancel(&a.Request)
		} else {
			t.now(write(server, text(514)), npfs.Success, 1)
			t.later(a, npfs.Success, 1)
		}
		t.now(write(server, text(512)), npfs.Success, 512)
		t.now(write(server, "x"), npfs.Success, 0)
	}
}

func TestConnectThatDoesNotWait(tt *testing.T) {
	t := check{tt}
	s := new(npfs.Space)
	server := t.server(s, npfs.Config{NoWait: true})
	t.now(connect(server), npfs.PipeListening, 0)
	client, _ := s.Open("pipe", true, true)
	t.now(connect(server), npfs.PipeConnected, 0)
	client.Close()
	t.now(connect(server), npfs.PipeClosing, 0)
	server.Disconnect()
	_, st := s.Open("pipe", true, true)
	t.status(st, npfs.NotAvailable)
	t.now(connect(server), npfs.PipeListening, 0)
	_, st = s.Open("pipe", true, true)
	t.status(st, npfs.Success)
}

func TestModes(tt *testing.T) {
	t := check{tt}
	server, client := t.pair(bytes(4))
	t.status(client.SetMode(npfs.ReadMessages, false), npfs.InvalidParameter)
	a := read(client, 4)
	t.status(client.SetMode(npfs.ReadBytes, true), npfs.PipeBusy)
	client.Cancel(&a.Request)
	t.waits(write(client, "too much"))
	t.status(client.SetMode(npfs.ReadBytes, true), npfs.PipeBusy)
	t.now(read(server, 10), npfs.Success, 8)
	t.status(client.SetMode(npfs.ReadBytes, true), npfs.Success)
	mode, noWait, st := client.Mode()
	if mode != npfs.ReadBytes || !noWait || st != npfs.Success {
		t.Fatal(mode, noWait, st)
	}
	server, client = t.pair(messages(10))
	t.status(client.SetMode(npfs.ReadBytes, false), npfs.Success)
	for _, m := range []string{"ab", "", "cd", "ef"} {
		t.now(write(server, m), npfs.Success, len(m))
	}
	t.reads(client, 5, "abcde")
	t.status(client.SetMode(npfs.ReadMessages, false), npfs.Success)
	t.reads(client, 5, "f")
	if mode, _, _ := server.Mode(); mode != npfs.ReadMessages {
		t.Fatal("the server's mode changed")
	}
}

func TestInfo(tt *testing.T) {
	t := check{tt}
	c := npfs.Config{Messages: true, Max: 3, InQuota: 100, OutQuota: 200}
	server, client := t.pair(c)
	t.now(write(client, "abc"), npfs.Success, 3)
	i, _ := server.Info()
	want := npfs.Info{Messages: true, Server: true, State: npfs.Connected, Max: 3, Instances: 1,
		InQuota: 100, OutQuota: 200, Available: 3, Room: 200}
	if i != want {
		t.Fatalf("%+v, want %+v", i, want)
	}
	i, _ = client.Info()
	want.Server, want.Available, want.Room = false, 0, 97
	if i != want {
		t.Fatalf("%+v, want %+v", i, want)
	}
}

func TestPeekSeesPendingWrites(t *testing.T) {
	both(t, bytes(4), func(t check, w, r *npfs.End) {
		write(w, "abc")
		write(w, "defg")
		write(w, "h")
		buf := make([]byte, 20)
		p, st := r.Peek(buf)
		t.status(st, npfs.Success)
		if got := string(buf[:p.N]); got != "abcdefgh" || p.Available != 8 || p.Message != 0 {
			t.Fatalf("%q, %+v", got, p)
		}
		t.reads(r, 2, "ab")
		p, _ = r.Peek(buf[:3])
		if got := string(buf[:p.N]); got != "cde" || p.Available != 6 {
			t.Fatalf("%q, %+v", got, p)
		}
	})
}

func TestPeekOfMessage(t *testing.T) {
	both(t, messages(10), func(t check, w, r *npfs.End) {
		write(w, "abcdef")
		write(w, "gh")
		buf := make([]byte, 20)
		p, st := r.Peek(buf[:4])
		t.status(st, npfs.BufferOverflow)
		if got := string(buf[:p.N]); got != "abcd" || p.Available != 8 || p.Message != 6 {
			t.Fatalf("%q, %+v", got, p)
		}
		p, st = r.Peek(buf)
		t.status(st, npfs.Success)
		if got := string(buf[:p.N]); got != "abcdef" || p.Message != 6 {
			t.Fatalf("%q, %+v", got, p)
		}
	})
}

// Again a sequence from tests on Windows.
func TestTransaction(t *testing.T) {
	both(t, messages(5), func(t check, w, r *npfs.End) {
		a := transact(w, "abc", 100)
		t.now(write(r, "test"), npfs.Success, 4)
		t.data(a, true, npfs.Success, "test")
		t.reads(r, 100, "abc")
		t.now(write(r, "x"), npfs.Success, 1)
		t.now(transact(w, "ab", 1), npfs.PipeBusy, 0)
		t.reads(w, 10, "x")
		big := write(w, "too much")
		a = transact(w, "ab", 1)
		t.now(transact(w, "ab", 1), npfs.PipeBusy, 0)
		after := write(w, "c")
		t.waits(big, a, after)
		t.now(write(r, "y"), npfs.Success, 1)
		t.data(a, true, npfs.Success, "y")
		t.reads(r, 10, "too much")
		t.later(big, npfs.Success, 8)
		t.later(after, npfs.Success, 1)
		t.reads(r, 10, "ab")
		t.reads(r, 10, "c")
		b := read(r, 10)
		a = transact(w, "abcde", 6)
		t.data(b, true, npfs.Success, "abcde")
		t.now(write(r, "0123456789"), npfs.Success, 10)
		t.data(a, true, npfs.BufferOverflow, "012345")
		t.reads(w, 10, "6789")
		a = transact(w, "", 0)
		t.reads(r, 10, "")
		t.now(write(r, ""), npfs.Success, 0)
		t.data(a, true, npfs.Success, "")
		a = transact(w, "abc", 9)
		t.reads(r, 10, "abc")
		answer := transact(r, "defg", 9)
		t.data(a, true, npfs.Success, "defg")
		t.now(write(w, "z"), npfs.Success, 1)
		t.data(answer, true, npfs.Success, "z")
	})
}

func TestCancelledTransactionKeepsItsMessage(t *testing.T) {
	both(t, messages(5), func(t check, w, r *npfs.End) {
		big := write(w, "too much")
		a := transact(w, "ab", 1)
		w.Cancel(&a.Request)
		t.later(a, npfs.Cancelled, 0)
		a.buf[0] = 'x'
		w.Cancel(&big.Request)
		t.reads(r, 10, "ab")
	})
}

func TestTransactionNeedsMessages(tt *testing.T) {
	t := check{tt}
	server, _ := t.pair(bytes(4))
	t.now(transact(server, "x", 1), npfs.InvalidReadMode, 0)
	server, _ = t.pair(npfs.Config{Messages: true})
	t.now(transact(server, "x", 1), npfs.InvalidReadMode, 0)
}
