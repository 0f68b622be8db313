// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"fmt"
	"net/netip"
	"testing"

	"iocp"
	"iocp/iocptest"
)

// careless has a bug: it takes each packet of a stream for a whole message. It sends messages over
// one connection to itself and reports what it saw first that it did not expect.
func careless(t testing.TB, seed uint64) (complaint string, hash uint64) {
	t.Helper()
	sim := iocptest.NewSim(seed, iocptest.Faults{Short: 0.02, Delay: 0.1, Reorder: 0.1, Interrupt: 0.1, FullQueue: 0.1})
	port, err := sim.Port(iocp.Config{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := sim.ListenTCP("tcp", "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	in, out := sim.NewTCPConn(), sim.NewTCPConn()
	for _, e := range []iocp.Endpoint{l, in, out} {
		if err := port.Associate(e, nil); err != nil {
			t.Fatal(err)
		}
	}
	start := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	next := func() iocp.Completion {
		c, err := port.Get(iocp.Infinite)
		if err != nil || c.Err != nil {
			t.Fatal(err, c.Err)
		}
		return c
	}
	var accept, connect, send, recv echoOp
	start(l.Accept(&accept, in))
	start(out.Connect(&connect, netip.MustParseAddrPort("127.0.0.1:1"), nil))
	next()
	next()
	message, buf := make([]byte, 700), make([]byte, 700)
	for i := 0; i < 40 && complaint == ""; i++ {
		start(out.Send(&send, message))
		for sent := false; !sent; sent = next().Op == &send {
		}
		start(in.Recv(&recv, buf))
		if n := next().Bytes; int(n) != len(message) {
			complaint = fmt.Sprintf("message %d has %d bytes at %v", i, n, sim.Now())
		}
	}
	hash = sim.Hash()
	for _, e := range []interface{ Close() error }{l, in, out, port} {
		start(e.Close())
	}
	sim.Finish(t)
	return complaint, hash
}

// TestSimFindsABugAgain: a seed that has shown a bug shows the same again, every time.
func TestSimFindsABugAgain(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		complaint, hash := careless(t, seed)
		if complaint != "" {
			found++
		}
		for range 3 {
			if again, h := careless(t, seed); again != complaint || h != hash {
				t.Errorf("seed %d: %q (%x) the first time, then %q (%x)", seed, complaint, hash, again, h)
			}
		}
	}
	if found == 0 || found == 20 {
		t.Errorf("%d of 20 seeds have shown the bug, want some of them", found)
	}
	t.Logf("%d of 20 seeds have shown the bug", found)
}
