// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"net"
	"net/netip"
	"testing"
)

func TestSockaddrKeepsAddresses(t *testing.T) {
	all := []string{"1.2.3.4:5", "0.0.0.0:0", "255.255.255.255:65535", "[::]:0", "[2001:db8::1]:443", "[::ffff:1.2.3.4]:256"}
	if ifs, err := net.Interfaces(); err == nil && len(ifs) > 0 {
		all = append(all, "[fe80::1%"+ifs[0].Name+"]:80")
	}
	for _, s := range all {
		var sa Sockaddr
		addr := netip.MustParseAddrPort(s)
		n := sa.Put(addr)
		if n <= 0 || n > SizeofSockaddr {
			t.Errorf("%s has %d bytes", s, n)
		}
		if got := sa.AddrPort(); got != addr {
			t.Errorf("%v, want %s", got, s)
		}
	}
	var sa Sockaddr
	if n := sa.Clear(); n <= 0 || n > SizeofSockaddr {
		t.Errorf("Clear has %d bytes", n)
	}
	sa = Sockaddr{}
	if addr := sa.AddrPort(); addr.IsValid() {
		t.Errorf("nothing is %v", addr)
	}
}

func TestZones(t *testing.T) {
	for zone, want := range map[string]uint32{"": 0, "no such interface": 0, "70000": 70000} {
		if got := zoneIndex(zone); got != want {
			t.Errorf("%q has index %d, want %d", zone, got, want)
		}
	}
	if got := zoneName(70000); got != "70000" {
		t.Errorf("70000 is %q", got)
	}
}

func TestVectorAdvances(t *testing.T) {
	b := []byte("content")
	v := VectorOf(b)
	if v.Len() != 7 || string(v.Bytes()) != "content" {
		t.Errorf("%d bytes, %q", v.Len(), v.Bytes())
	}
	v.Advance(3)
	if v.Len() != 4 || &v.Bytes()[0] != &b[3] {
		t.Errorf("%d bytes, %q", v.Len(), v.Bytes())
	}
}

func TestMessageHasWhatItWasSetTo(t *testing.T) {
	var m Message
	m.Set(nil)
	if name, n := m.Name(); len(m.Vectors()) != 0 || name != nil || n != 0 {
		t.Errorf("an empty message has %d vectors, an address at %p of %d bytes", len(m.Vectors()), name, n)
	}
	vectors := []Vector{VectorOf([]byte("a")), VectorOf([]byte("bc"))}
	var sa Sockaddr
	m.Set(vectors)
	m.SetName(&sa, SizeofSockaddr)
	if got := m.Vectors(); len(got) != 2 || &got[1] != &vectors[1] || string(got[1].Bytes()) != "bc" {
		t.Errorf("the vectors are %v", got)
	}
	if name, n := m.Name(); name != &sa || n != SizeofSockaddr {
		t.Errorf("the address is at %p, %d bytes", name, n)
	}
	if m.Set(vectors[:1]); len(m.Vectors()) != 1 {
		t.Errorf("%d vectors", len(m.Vectors()))
	}
	if name, n := m.Name(); name != nil || n != 0 {
		t.Error("the address of before is left")
	}
}
