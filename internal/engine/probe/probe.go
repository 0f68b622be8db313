// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package probe is what engines use to find out whether they work on this machine.
package probe

import (
	"fmt"
	"sync"

	"iocp/internal/engine"
)

// Once keeps what was found out about an engine for the life of the process. The zero value knows nothing.
// It must not be copied after its first use.
type Once[Info any] struct {
	mu    sync.Mutex
	known bool
	info  Info
}

// Get returns what inspect says, which is called the first time, and again as long as it says that its
// answer does not last: a shortage may be over. Safe for concurrent use; one inspects while others wait.
func (o *Once[Info]) Get(inspect func() (info Info, lasts bool)) Info {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.known {
		o.info, o.known = inspect()
	}
	return o.info
}

// Nop sends a request that does nothing through e, which nobody else uses, and returns an error if it does
// not complete in the Enter that starts it.
func Nop(e engine.Engine) error {
	e.Queue(&engine.Op{Kind: engine.Nop})
	if _, err := e.Enter(e.Publish(), true); err != nil {
		return err
	}
	var buf [1]engine.Completion
	if e.Reap(buf[:]) != 1 || buf[0].Res != 0 {
		return fmt.Errorf("%s: a request that does nothing did not complete; do not use this engine here", e.Name())
	}
	return nil
}
