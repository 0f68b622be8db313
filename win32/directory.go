// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"path/filepath"
	"slices"
	"sync"
)

// directory is an open directory. It can be watched, and nothing else.
type directory struct {
	descriptor
	open *opened
	name string // absolute, for systems without /proc

	first sync.Mutex // of who makes the watch, which takes long for a large tree

	mu      sync.Mutex
	watch   *watch // since the first request (O15)
	waiting []*operation
	changes notifyRecords // since the last request was answered
	lost    bool          // there were more, which had no room
	closed  bool
}

func newDirectory(fd int, name string, o *opened) *directory {
	d := &directory{open: o, name: name}
	if abs, err := filepath.Abs(name); err == nil {
		d.name = abs
	}
	d.descriptor.own(fd)
	o.withFD = d.withFD
	return d
}

func (d *directory) read(*operation, []byte) error  { return ERROR_INVALID_FUNCTION }
func (d *directory) write(*operation, []byte) error { return ERROR_INVALID_FUNCTION }
func (d *directory) flush() error                   { return d.withFD(fsync) }
func (d *directory) fileType() uint32               { return FILE_TYPE_DISK }
func (d *directory) endpoint() endpoint             { return nil }

func (d *directory) cancel(match func(*operation) bool) int {
	return d.end(match, STATUS_CANCELLED)
}

// end ends the requests that match.
func (d *directory) end(match func(*operation) bool, status NTSTATUS) int {
	var ended []*operation
	d.mu.Lock()
	d.waiting = slices.DeleteFunc(d.waiting, func(op *operation) bool {
		found := match(op)
		if found {
			ended = append(ended, op)
		}
		return found
	})
	d.mu.Unlock()
	for _, op := range ended {
		op.complete(status, 0)
	}
	return len(ended)
}

// close ends what is pending, with success (G19).
func (d *directory) close() {
	d.mu.Lock()
	d.closed = true
	w := d.watch
	d.mu.Unlock()
	if w != nil {
		w.close()
	}
	d.end(func(*operation) bool { return true }, STATUS_NOTIFY_CLEANUP)
	d.open.close()
	d.done()
}

// ReadDirectoryChanges (ReadDirectoryChangesW) reports what happens in a directory, and with
// subtree below it, as FILE_NOTIFY_INFORMATION records in buf. filter says what is of interest,
// FILE_NOTIFY_CHANGE_...; it, subtree and the length of buf are those of the first call on the
// open directory (O15), from which on changes are collected: a call that finds some is over at
// once. Names are relative to the directory, in its system's way of writing them. buf, which on
// Windows must begin at a multiple of four, and *ov belong to the system until the request is over.
//
// nil: started, and a packet or whatever else was asked for will come, with the number of bytes in
// buf (G17). 0 bytes, with success and STATUS_NOTIFY_ENUM_DIR in ov.Internal, mean that there were
// more changes than fit: the directory has to be read anew (G18). That is also how a call
// without a buffer ends. If the last handle is closed, the request ends with 0 bytes, success and
// STATUS_NOTIFY_CLEANUP (G19). done, which may be nil, is written if the call waits: on a
// handle without FILE_FLAG_OVERLAPPED.
//
// It is built on inotify(7): changes made by other systems that share the file system are not
// seen, nor is the end of the watched directory itself. Each open directory that is watched takes
// one of fs.inotify.max_user_instances, and each directory below it one of max_user_watches.
//
// Errors: ERROR_INVALID_PARAMETER for what is no directory, an empty or undefined filter, a nil ov
// where one is needed; ERROR_ACCESS_DENIED without FILE_LIST_DIRECTORY; ERROR_INVALID_HANDLE; with a
// routine on an associated handle ERROR_INVALID_PARAMETER (F17); ERROR_NO_SYSTEM_RESOURCES and
// ERROR_TOO_MANY_OPEN_FILES from the limits named.
func ReadDirectoryChanges(dir HANDLE, buf []byte, subtree bool, filter uint32, done *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	f, access, err := fileOf(dir)
	if err != nil {
		return err
	}
	d, ok := f.dev.(*directory)
	switch {
	case !ok, filter == 0, filter&^notifyFilters != 0, uint64(len(buf)) > maxTransfer:
		return ERROR_INVALID_PARAMETER
	case access&FILE_LIST_DIRECTORY == 0:
		return ERROR_ACCESS_DENIED
	}
	var op *operation
	if routine != nil {
		op, err = f.beginRoutine(ov, routine)
	} else {
		op, err = f.begin(ov)
	}
	if err != nil {
		return err
	}
	op.bufs = append(op.bufs, buf)
	blocking := op.blocking
	err = op.started(blocking, d.request(op, subtree, filter), done)
	if err == ERROR_IO_PENDING {
		return nil // G17
	}
	return err
}

// notifyFilters are all that are defined.
const notifyFilters = 0xFFF

// request is the device's start of op.
func (d *directory) request(op *operation, subtree bool, filter uint32) error {
	if err := d.follow(len(op.bufs[0]), subtree, filter); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ERROR_INVALID_HANDLE
	}
	if d.lost || !d.changes.empty() {
		return op.doneNow(d.answer(op))
	}
	d.waiting = append(d.waiting, op)
	return nil
}

// follow makes the watch at the first request.
func (d *directory) follow(limit int, subtree bool, filter uint32) error {
	d.first.Lock()
	defer d.first.Unlock()
	if d.watch != nil {
		return nil
	}
	if !d.use() {
		return ERROR_INVALID_HANDLE
	}
	defer d.done()
	w, err := newWatch(d, subtree, filter)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		w.close()
		return ERROR_INVALID_HANDLE
	}
	d.watch, d.changes.limit = w, limit
	go w.run()
	return nil
}

// answer gives op what has been collected. Locked.
func (d *directory) answer(op *operation) (NTSTATUS, int) {
	n, ok := d.changes.take(op.bufs[0])
	if d.lost || !ok {
		d.lost = false
		return STATUS_NOTIFY_ENUM_DIR, 0
	}
	return STATUS_SUCCESS, n
}

// happened is called by the watch for what it has seen, with more for what it has lost.
func (d *directory) happened(changes []change, lost bool) {
	d.mu.Lock()
	for _, c := range changes {
		lost = !d.changes.add(c) || lost
	}
	if lost {
		d.lost = true
	}
	if len(d.waiting) == 0 || !d.lost && d.changes.empty() {
		d.mu.Unlock()
		return
	}
	op := d.waiting[0]
	d.waiting = slices.Delete(d.waiting, 0, 1)
	status, n := d.answer(op)
	d.mu.Unlock()
	op.complete(status, uintptr(n))
}
