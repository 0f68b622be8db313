// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"net"
	"syscall"

	"iocp"
)

// acceptStep accepts some connections that are made at the same time, with first bytes or without.
func acceptStep(r *runner, s Step) {
	n, withData := int(s.A%4)+1, s.B%2 == 1
	l := r.listener()
	defer l.Close()
	var ops []*op
	var conns []*iocp.TCPConn
	first := make([][]byte, n)
	for i := range n {
		near, far := iocp.NewTCPConn(), iocp.NewTCPConn()
		conns = append(conns, near, far)
		r.opened = append(r.opened, far)
		r.associate(near, "connecting")
		a, c := r.newOp("accept", "listener", false), r.newOp("connect", "connecting", false)
		var data []byte
		if withData {
			first[i], data = make([]byte, 100), make([]byte, 10+i)
			r.start(a, l.AcceptData(a, far, first[i]))
		} else {
			r.start(a, l.Accept(a, far))
		}
		// Which accept gets which connection is not promised, and so not how many bytes.
		a.quiet = true
		r.start(c, near.Connect(c, addrPort(l.Addr()), data))
		ops = append(ops, a, c)
	}
	r.await(ops...)
	total := int64(0)
	for _, o := range ops {
		r.must(o.err, o.String())
		total += o.n
	}
	r.line("%d connections, %d bytes", n, total)
	for _, c := range conns {
		r.must(c.Close(), "Close")
	}
}

func (r *runner) listener() *iocp.TCPListener {
	l, err := iocp.ListenTCP("tcp", anyPort.String())
	r.must(err, "listening")
	r.associate(l, "listener")
	return l
}

// acceptCancelStep ends accepts that nobody has connected to.
func acceptCancelStep(r *runner, s Step) {
	l := r.listener()
	ops := make([]*op, s.A%4+1)
	for i := range ops {
		c := iocp.NewTCPConn()
		defer c.Close()
		ops[i] = r.newOp("accept", "listener", false)
		r.start(ops[i], l.Accept(ops[i], c))
	}
	target := iocp.ErrCanceled
	switch s.B % 3 {
	case 0:
		r.must(l.CancelAll(), "CancelAll")
	case 1:
		for _, o := range ops {
			r.must(o.Cancel(), "Cancel")
		}
	case 2:
		target = net.ErrClosed
	}
	if target == net.ErrClosed {
		r.must(l.Close(), "Close")
	} else {
		defer l.Close()
	}
	r.await(ops...)
	for _, o := range ops {
		if !errors.Is(o.err, target) || o.n != 0 {
			r.broken("%v: %s, want %v", o, o.outcome(), target)
		}
	}
}

// refusedStep connects to where nobody listens.
func refusedStep(r *runner, s Step) {
	reserved, err := iocp.NewSocket(syscall.AF_INET, syscall.SOCK_STREAM, 0) // bound, and does not listen
	r.must(err, "making a socket")
	defer reserved.Close()
	r.must(reserved.Bind(anyPort), "Bind")
	c := iocp.NewTCPConn()
	defer c.Close()
	r.associate(c, "refused")
	o := r.newOp("connect", "refused", false)
	r.start(o, c.Connect(o, reserved.LocalAddr(), make([]byte, s.A%2)))
	r.await(o)
	if !errors.Is(o.err, syscall.ECONNREFUSED) || o.n != 0 {
		r.broken("%v: %s", o, o.outcome())
	}
}
