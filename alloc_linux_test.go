// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net/netip"
	"testing"

	"iocp/internal/sys"
)

func TestSocketTransfersAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	near, far := netPair(t)
	a, b := adopted(t, p, near, false), adopted(t, p, far, true)
	send, recv := &op{}, &op{}
	buf, in := make([]byte, 1000), make([]byte, 1000)
	out, into := [][]byte{buf[:10], buf[10:]}, [][]byte{in[:700], in[700:]}
	take := taking(t, p, 2)
	steady(t, "Recv and Send", func() { b.Recv(recv, in, 0); a.Send(send, buf); take() })
	steady(t, "Recvv and Sendv", func() { b.Recvv(recv, into, sys.MsgWaitAll); a.Sendv(send, out); take() })
	x, y := datagrams(t, p), datagrams(t, p)
	var from netip.AddrPort
	to := y.LocalAddr()
	steady(t, "RecvFrom and SendTo", func() { y.RecvFrom(recv, into, 0, &from); x.SendTo(send, out, to); take() })
	steady(t, "a truncated datagram", func() {
		y.Recv(recv, in[:1], 0)
		x.SendTo(send, out, to)
		p.Get(Infinite)
		p.Get(Infinite)
	})
}
