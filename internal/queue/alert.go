// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"

	"iocp/internal/worker"
)

// Alert ends the wait of the goroutine id in a Get with ctx, if it is in one, with ctx.Err(). It is
// for contexts whose Done is nil, so that waiting with them costs nothing: whoever makes
// such a context end calls Alert afterwards. A Get that has not come to wait yet sees the end itself.
func (p *Port[P]) Alert(id worker.ID, ctx context.Context) {
	w := p.ws.find(id)
	if w == nil {
		return
	}
	p.mu.Lock()
	defer p.unlockMonitored()
	if w.port.Load() == p && w.ctx == ctx && (w.state == wParked || w.state == wWatching) {
		p.expel(w, ctx.Err())
	}
}
