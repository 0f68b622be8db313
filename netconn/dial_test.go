// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"iocp"
)

func TestDialResolvesNames(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"localhost", "127.0.0.1", "", "0.0.0.0"} {
		a, b, err := connectTo(l, func(network, _ string) (net.Conn, error) {
			return n.Dial(network, net.JoinHostPort(host, port))
		})
		if err != nil {
			t.Fatalf("host %q: %v", host, err)
		}
		mustWrite(t, a, host+".")
		mustRead(t, b, host+".")
		a.Close()
		b.Close()
	}
}

func TestDialOverIPv6(t *testing.T) {
	n := newNetwork(t)
	l, err := n.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 loopback here: %v", err)
	}
	defer l.Close()
	a, b, err := connectTo(l, n.Dial)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	mustWrite(t, a, "six")
	mustRead(t, b, "six")
}

// A listener without a host is reached over both families.
func TestListenWithoutHostServesBothFamilies(t *testing.T) {
	n := newNetwork(t)
	l, err := n.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "::1"} {
		address := net.JoinHostPort(host, port)
		probe, err := net.Dial("tcp", address)
		if err != nil && host == "::1" {
			t.Skipf("no IPv6 loopback here: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		probe.Close()
		a, err := n.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
	}
}

func TestDialErrors(t *testing.T) {
	n := newNetwork(t)
	reserved, err := iocp.NewSocket(syscall.AF_INET, syscall.SOCK_STREAM, 0) // bound, and does not listen
	if err == nil {
		defer reserved.Close()
		err = reserved.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
	}
	if err != nil {
		t.Fatal(err)
	}
	refused := reserved.LocalAddr().String()
	for _, d := range []struct {
		name, network, address string
		is                     func(error) bool
	}{
		{"refused", "tcp", refused, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"unknown network", "spdx", refused, func(err error) bool { return as[net.UnknownNetworkError](err) }},
		{"no port", "tcp", "127.0.0.1", func(err error) bool { return as[*net.AddrError](err) }},
		{"wrong family", "tcp6", refused, func(err error) bool { return as[*net.AddrError](err) }},
		{"bad service", "tcp", "127.0.0.1:nosuchservice", func(err error) bool { return as[*net.DNSError](err) }},
	} {
		c, err := n.Dial(d.network, d.address)
		if c != nil || err == nil {
			t.Errorf("%s: Dial = %v, %v", d.name, c, err)
			continue
		}
		oe, ok := err.(*net.OpError)
		if !ok || oe.Op != "dial" || oe.Net != d.network || !d.is(err) {
			t.Errorf("%s: got %T %v", d.name, err, err)
		}
		_, theirs := net.Dial(d.network, d.address)
		if theirs == nil || theirs.Error() != err.Error() {
			t.Errorf("%s: got %q, package net says %q", d.name, err, theirs)
		}
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestDialTriesAddressesInTurn(t *testing.T) {
	n := newNetwork(t)
	good, bad := listen(t, n), listen(t, n)
	worse := listen(t, n)
	bad.Close()
	worse.Close()
	addr := func(l *Listener) netip.AddrPort { return netip.MustParseAddrPort(l.Addr().String()) }
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, err := n.dialInTurn(ctx, "tcp", []netip.AddrPort{addr(bad), addr(worse), addr(good)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if a.RemoteAddr().String() != good.Addr().String() {
		t.Errorf("reached %v, want %v", a.RemoteAddr(), good.Addr())
	}
	_, err = n.dialInTurn(ctx, "tcp", []netip.AddrPort{addr(bad), addr(worse)})
	if oe, ok := err.(*net.OpError); !ok || oe.Addr.String() != bad.Addr().String() {
		t.Errorf("got %v, want the error of %v", err, bad.Addr())
	}
}

func TestDialSharesItsTime(t *testing.T) {
	for _, c := range []struct {
		left    time.Duration
		waiting int
		want    time.Duration
	}{{30 * time.Second, 3, 10 * time.Second}, {3 * time.Second, 3, 2 * time.Second}, {time.Second, 2, 2 * time.Second}} {
		if got := share(c.left, c.waiting); got != c.want {
			t.Errorf("share(%v, %d) = %v, want %v", c.left, c.waiting, got, c.want)
		}
	}
}

func TestDialContextThatHasEnded(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := n.DialContext(ctx, "tcp", l.Addr().String())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDialContextEndsWhileConnecting(t *testing.T) {
	address := deafAddress(t) // which skips the test where there is none
	n := newNetwork(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	var err error
	within(t, "DialContext", func() { _, err = n.DialContext(ctx, "tcp", address) })
	var ne net.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestDialContextHasNoInfluenceLater(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	a, b, err := connectTo(l, func(network, address string) (net.Conn, error) {
		return n.DialContext(ctx, network, address)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	cancel()
	mustWrite(t, a, "later")
	mustRead(t, b, "later")
}

func TestNetworkCloseCutsDialShort(t *testing.T) {
	address := deafAddress(t) // which skips the test where there is none
	n := newNetwork(t)
	got := make(chan error, 1)
	go func() {
		_, err := n.Dial("tcp", address)
		got <- err
	}()
	waitFor(t, "the connect in flight", func() bool {
		for _, m := range n.snapshot() {
			if inFlight(&m.(*Conn).wr) {
				return true
			}
		}
		return false
	})
	n.Close()
	if err := await(t, "Dial", got); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want net.ErrClosed", err)
	}
	if _, err := n.Dial("tcp", address); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Close: %v, want net.ErrClosed", err)
	}
	if _, err := n.Listen("tcp", "127.0.0.1:0"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Listen after Close: %v, want net.ErrClosed", err)
	}
}
