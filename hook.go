// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"context"
	"os"

	"iocp/internal/engine"
	"iocp/internal/hook"
	"iocp/internal/sys"
	"iocp/internal/worker"
)

func init() {
	hook.SetFinisher = func(overlapped any, f hook.Finisher) { overlapped.(*Overlapped).finisher = f }
	hook.Look = func(port any) { port.(*Port).look() }
	hook.Serves = func(port any) bool { return port.(*Port).serves() }
	hook.NewPort = func(s sys.System, cfg any, makeEngine func() (engine.Engine, error)) (any, error) {
		return newPortOn(s, cfg.(Config), makeEngine)
	}
	hook.ListenTCP = func(s sys.System, network, address string) (any, error) { return listenTCPOn(s, network, address) }
	hook.NewTCPConn = func(s sys.System) any { return newTCPConnOn(s) }
	hook.NewSocket = func(s sys.System, family, typ, proto int) (any, error) { return newSocketOn(s, family, typ, proto) }
	hook.OpenFile = func(s sys.System, name string, flag int, perm os.FileMode) (any, error) {
		return openFileOn(s, name, flag, perm)
	}
	hook.Alert = func(port any, id worker.ID, ctx context.Context) { port.(*Port).c.q.Alert(id, ctx) }
}

func (p *Port) look() {
	if c, err := p.core(); err == nil {
		c.q.Lock()
		c.q.GatherAll()
		c.q.Submit()
	}
}

func (p *Port) serves() bool {
	c, err := p.core()
	return err == nil && c.q.Serves()
}

// tell lets the finisher know that the operation is over and reports whether its packet, which
// is made, goes to the port. One that does not is taken here and now. Locked.
func (ov *Overlapped) tell(packet *Completion) bool {
	return ov.finisher == nil || ov.tellFinisher(packet) // nearly no operation has one
}

func (ov *Overlapped) tellFinisher(packet *Completion) bool {
	if ov.finisher.Finished(ov.n, ov.err) {
		return true
	}
	dropped := *packet
	*packet = Completion{}
	switch ov.what {
	case opAccept, opAcceptData, opConnect, opDisconnect, opSendFile: // taking those takes other locks and makes system calls
		go dropped.drop()
	default:
		dropped.drop()
	}
	return false
}

// tellAccepted shows the finisher the socket of an accept that succeeded. Locked.
func (ov *Overlapped) tellAccepted() {
	if f, ok := ov.finisher.(hook.Acceptor); ok && ov.err == nil {
		f.Accepted(int(ov.x.connFD))
	}
}

func (c Completion) drop() {
	f := c.ov.finisher
	c.dequeue()
	f.Dropped()
}
