// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// object is what handles refer to: a *port, *file, *event, *thread. It lives until its last
// handle is closed.
type object interface {
	references() *atomic.Int32

	// lastClose is called once, when the last handle has been closed. It does not block.
	lastClose()
}

// counted counts the handles of the object that embeds it.
type counted struct{ n atomic.Int32 }

func (c *counted) references() *atomic.Int32 { return &c.n }

// entry is one handle. It does not change; a closed handle's place loses it.
type entry struct {
	handle HANDLE
	obj    object
	port   *port  // obj, if it is one
	access uint32 // the rights of this handle, of the object's kind
}

// A handle is, from its lowest bit: two zero bits, the index of its place in the table, and how
// often the place had been used before. Index 0 is no place, so 0 is no handle; the highest
// bits stay clear, so no handle looks like INVALID_HANDLE_VALUE or a pseudo handle.
const (
	word      = bits.UintSize
	indexBits = 18 + word/64*6 // 262,144 or 16,777,216 handles (M06)
	useShift  = 2 + indexBits
	useMask   = 1<<(word-1-useShift) - 1
	chunkBits = 10
	indexMask = 1<<indexBits - 1
)

// table holds all handles. Looking one up takes no lock; a handle that is closed meanwhile
// gives an object that has been closed, which every object has to expect.
type table struct {
	chunks [1 << (indexBits - chunkBits)]atomic.Pointer[chunk]

	mu    sync.Mutex
	next  uint32 // the first index that was never used
	free  []uint32
	spent int // the part of free that was taken from its front
}

type chunk [1 << chunkBits]place

type place struct {
	entry atomic.Pointer[entry]
	uses  uintptr // guarded by table.mu
}

var handles = table{next: 1}

func (t *table) place(index uint32) *place {
	c := t.chunks[index>>chunkBits].Load()
	if c == nil {
		return nil
	}
	return &c[index&(1<<chunkBits-1)]
}

// lookup returns the entry of h, or nil.
func (t *table) lookup(h HANDLE) *entry {
	h &^= 3 // A37
	p := t.place(uint32(h>>2) & indexMask)
	if p == nil {
		return nil
	}
	if e := p.entry.Load(); e != nil && e.handle == h {
		return e
	}
	return nil
}

// add makes a handle on obj, which must not have lost its last one. Without one, which is when
// too many are open, obj is not closed.
func (t *table) add(obj object, access uint32) (HANDLE, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	index, ok := t.take()
	if !ok {
		return 0, ERROR_NO_SYSTEM_RESOURCES
	}
	p := t.place(index)
	h := HANDLE(p.uses&useMask)<<useShift | HANDLE(index)<<2
	obj.references().Add(1)
	e := &entry{handle: h, obj: obj, access: access}
	e.port, _ = obj.(*port)
	p.entry.Store(e)
	return h, nil
}

// take returns a place that is free. A place rests for as long as there are others, which is
// what makes stale handles recognisable.
func (t *table) take() (uint32, bool) {
	if len(t.free)-t.spent > restingPlaces || t.next > indexMask && t.spent < len(t.free) {
		index := t.free[t.spent]
		if t.spent++; t.spent > len(t.free)/2 {
			t.free = t.free[:copy(t.free, t.free[t.spent:])]
			t.spent = 0
		}
		return index, true
	}
	if t.next > indexMask {
		return 0, false
	}
	index := t.next
	t.next++
	if c := &t.chunks[index>>chunkBits]; c.Load() == nil {
		c.Store(new(chunk))
	}
	return index, true
}

// restingPlaces is how many closed places are kept before the oldest is used again.
const restingPlaces = 1 << 10

// remove ends h and returns its object, or nil if there is no such handle.
func (t *table) remove(h HANDLE) object {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.lookup(h)
	if e == nil {
		return nil
	}
	index := uint32(e.handle>>2) & indexMask
	p := t.place(index)
	p.entry.Store(nil)
	p.uses++
	t.free = append(t.free, index)
	return e.obj
}

// duplicate makes another handle on the object of h.
func (t *table) duplicate(h HANDLE, access uint32, same bool) (HANDLE, error) {
	e := t.lookup(h)
	if e == nil || !retain(e.obj) {
		return 0, ERROR_INVALID_HANDLE
	}
	defer release(e.obj)
	if same {
		access = e.access
	} else if _, ok := e.obj.(*file); ok {
		if access = fileAccess(access); exceeds(access, e.access) {
			return 0, ERROR_ACCESS_DENIED
		}
	}
	return t.add(e.obj, access)
}

// objects calls yield with the object of each handle, until it returns false. Handles come and go
// meanwhile.
func (t *table) objects(yield func(object) bool) {
	for i := range t.chunks {
		c := t.chunks[i].Load()
		if c == nil {
			return
		}
		for j := range c {
			if e := c[j].entry.Load(); e != nil && !yield(e.obj) {
				return
			}
		}
	}
}

// retain keeps obj from being closed, unless it has been.
func retain(obj object) bool {
	for r := obj.references(); ; {
		n := r.Load()
		if n == 0 {
			return false
		}
		if r.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release gives up one reference.
func release(obj object) {
	if obj.references().Add(-1) == 0 {
		obj.lastClose()
	}
}

// open makes the first handle of obj, or closes it.
func open(obj object, access uint32) (HANDLE, error) {
	obj.references().Add(1)
	defer release(obj)
	return handles.add(obj, access)
}

// CloseHandle closes a handle of any kind but a socket's, for which there is [Closesocket] (both
// take both). With the last handle of a file its pending operations end, each with its one
// packet (J10); with the last of a port its waiters end with ERROR_ABANDONED_WAIT_0 and its
// queued packets are dropped (B04, J14), and files stay associated with it (A16, J13). With a handle
// that is not the last, nothing else happens (J11). CloseHandle does not block. Any
// goroutine may call it, and may close a handle others are using.
//
// Error: ERROR_INVALID_HANDLE, also for a handle closed before (A38).
func CloseHandle(h HANDLE) error {
	if h == currentProcess || h == currentThreadHandle {
		return nil // closing a pseudo handle has no effect
	}
	obj := handles.remove(h)
	if obj == nil {
		return ERROR_INVALID_HANDLE
	}
	release(obj)
	return nil
}

// Pseudo handles, which need not be closed.
const (
	currentProcess      = ^HANDLE(0)     // -1
	currentThreadHandle = ^HANDLE(0) - 1 // -2
)

// GetCurrentProcess returns the pseudo handle of this process, for [DuplicateHandle]. It has the
// value of INVALID_HANDLE_VALUE (A12).
func GetCurrentProcess() HANDLE { return currentProcess }

// DuplicateHandle makes another handle on the object of source and stores it in *target. Both
// processes must be this one: GetCurrentProcess(). The duplicate shares everything: queue,
// association, key, pending operations (A14, B23, F19). Handles are never inherited (A31). It
// does not block.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_NOT_SUPPORTED for another process; ERROR_ACCESS_DENIED for
// a right to read or write a file that the source has not; what [CreateEvent] says of too many handles.
func DuplicateHandle(sourceProcess, source, targetProcess HANDLE, target *HANDLE, access uint32, inherit bool, options uint32) error {
	if target != nil {
		*target = 0
	}
	if sourceProcess != currentProcess || targetProcess != currentProcess {
		return ERROR_NOT_SUPPORTED
	}
	var d HANDLE
	var err error
	if source == currentThreadHandle {
		if options&DUPLICATE_SAME_ACCESS != 0 {
			access = THREAD_ALL_ACCESS
		}
		d, err = openCurrentThread(access)
	} else {
		d, err = handles.duplicate(source, access, options&DUPLICATE_SAME_ACCESS != 0)
		if options&DUPLICATE_CLOSE_SOURCE != 0 {
			CloseHandle(source)
		}
	}
	if err == nil && target == nil {
		return CloseHandle(d)
	}
	if err == nil {
		*target = d
	}
	return err
}
