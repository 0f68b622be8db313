// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"sync/atomic"
)

// object is what the package remembers of something that handles refer to: as much as it takes
// to know whether an operation will send a packet. The system knows, and does not say.
type object struct {
	handles atomic.Int32
	port    atomic.Pointer[object] // where its packets go; a port's own is itself
	modes   atomic.Uint32          // FILE_SKIP_...

	callback atomic.Pointer[IoCompletionCallback] // what it is bound to, in place of a port
}

// objects are those whose handles were made here, or that were associated here.
var objects = objectTable{of: make(map[HANDLE]*object)}

type objectTable struct {
	mu sync.RWMutex
	of map[HANDLE]*object
}

func (t *objectTable) remove(h HANDLE) {
	if o := t.of[h&^3]; o != nil {
		delete(t.of, h&^3)
		o.handles.Add(-1)
	}
}

// foreign stands for what was made elsewhere. It may send packets, for all that is known.
var foreign = newPortObject()

func newPortObject() *object {
	o := new(object)
	o.port.Store(o)
	o.handles.Store(1)
	return o
}

// objectOf returns the object of h, or foreign.
func objectOf(h HANDLE) *object {
	objects.mu.RLock()
	defer objects.mu.RUnlock()
	if o := objects.of[h&^3]; o != nil { // A37
		return o
	}
	return foreign
}

// opened makes o the object of the new handle h.
func opened(h HANDLE, o *object) {
	objects.mu.Lock()
	defer objects.mu.Unlock()
	objects.remove(h) // it was closed behind this package's back
	o.handles.Add(1)
	objects.of[h&^3] = o
}

// forget ends h, before the system does: afterwards the number may mean something else.
func forget(h HANDLE) {
	objects.mu.Lock()
	defer objects.mu.Unlock()
	objects.remove(h)
}

// sends reports whether operations on o may send packets to somebody.
func (o *object) sends() bool {
	p := o.port.Load()
	return p != nil && p.handles.Load() > 0
}
