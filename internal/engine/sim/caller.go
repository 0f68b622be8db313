// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"iocp/internal/engine"
	"iocp/internal/sys"
)

// Call is an operation of a program that does without a port: the other side of a connection.
// Nothing befalls it beside delays, short transfers and what happens to the connection itself.
type Call struct {
	e       *Engine
	op      *engine.Op
	stopped bool // guarded by the machine's lock
}

// Do carries out an operation and waits for its end. The result is Completion.Res.
func (m *Machine) Do(op *engine.Op) int32 {
	e := m.caller()
	e.own = Call{e: e, op: op}
	return e.own.Wait()
}

// Call begins an operation. Wait must follow.
func (m *Machine) Call(op *engine.Op) *Call { return &Call{e: m.caller(), op: op} }

// Stop asks for the end of the call. Wait comes back as soon as the machine has said how it ended.
// Any goroutine may call it, at any time.
func (c *Call) Stop() {
	m := c.e.m
	m.Lock()
	c.stopped = true
	if c.e.calls == c {
		c.e.woken = true
		c.e.alert()
	}
	m.Unlock()
}

// Wait waits for the end of the call and returns the result.
func (c *Call) Wait() int32 {
	e := c.e
	e.Queue(c.op)
	e.serve(c)
	var buf [1]engine.Completion
	for {
		e.Enter(e.Publish(), true)
		if e.Reap(buf[:]) > 0 {
			e.m.release(e)
			return buf[0].Res
		}
		if e.Watch(); e.isStopped(c) {
			e.Cancel(c.op)
		}
	}
}

// serve makes Stop reach the engine.
func (e *Engine) serve(c *Call) {
	e.m.Lock()
	e.calls, e.woken = c, c.stopped
	e.m.Unlock()
}

// isStopped reports, once, whether the call was stopped.
func (e *Engine) isStopped(c *Call) bool {
	e.m.Lock()
	defer e.m.Unlock()
	stopped := c.stopped
	c.stopped, e.woken = false, false
	return stopped
}

// caller is an engine for one call. Nobody else uses it, so what a port's lock guards needs none.
func (m *Machine) caller() *Engine {
	m.Lock()
	defer m.Unlock()
	if k := len(m.callers); k > 0 {
		e := m.callers[k-1]
		m.callers = m.callers[:k-1]
		return e
	}
	e := m.newEngine()
	e.calm = true
	return e
}

func (m *Machine) release(e *Engine) {
	m.Lock()
	e.calls, e.woken = nil, false
	m.callers = append(m.callers, e)
	m.Unlock()
}

// PeerSocket makes a stream socket for calls, whatever the dice say.
func (m *Machine) PeerSocket(family int) int32 {
	m.Lock()
	defer m.Unlock()
	fd, errno := m.open(m.newSock(family, sys.SockStream, 0).node)
	if errno != 0 {
		panic("sim: there are too many descriptors")
	}
	return fd
}
