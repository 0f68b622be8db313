// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"

	"iocp/internal/engine"
)

// Do carries out an operation and waits for its end, for programs on the other side of a connection
// that do without a port. Nothing befalls it beside delays, short transfers and what happens to the
// connection itself. When ctx is done it is cancelled. The result is Completion.Res.
func (m *Machine) Do(ctx context.Context, op *engine.Op) int32 {
	e := m.caller()
	defer m.release(e)
	e.Queue(op)
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, e.Wake)
		defer stop()
	}
	var buf [1]engine.Completion
	for asked := false; ; {
		e.Enter(e.Publish(), true)
		if e.Reap(buf[:]) > 0 {
			e.Rearm()
			return buf[0].Res
		}
		e.Watch()
		if !asked && ctx.Err() != nil {
			asked = true
			e.Cancel(op)
			e.Rearm()
		}
	}
}

// caller is an engine for one call. Nobody else uses it, so what the port's lock guards needs none.
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
	e.woken = false
	m.callers = append(m.callers, e)
	m.Unlock()
}
