// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// watch is an inotify(7) instance that follows one open directory, with a goroutine that reads it
// until close.
type watch struct {
	dir     *directory
	f       *os.File
	root    string // a name of the directory for the system
	subtree bool
	filter  uint32
	mask    uint32

	// Of the goroutine, once it runs.
	paths    map[int32]string              // of watch descriptors; "" is the root
	known    map[int32]map[string]struct{} // names found by looking, which an event may tell again
	batch    []change
	lost     bool
	moved    change // a name that was left, until it is known whether another was taken
	cookie   uint32 // of moved; 0 if there is none
	movedDir bool   // moved is a directory
}

// moveDelay is how long the second half of a renaming may take to appear behind the first.
const moveDelay = 2 * time.Millisecond

// newWatch starts to watch d, whose descriptor is in use. What happens is reported once run is
// called.
func newWatch(d *directory, subtree bool, filter uint32) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	w := &watch{
		dir: d, subtree: subtree, filter: filter, mask: watchMask(filter, subtree),
		f:     os.NewFile(uintptr(fd), "inotify"),
		root:  "/proc/self/fd/" + strconv.Itoa(d.fd),
		paths: make(map[int32]string), known: make(map[int32]map[string]struct{}),
	}
	if _, err := os.Stat(w.root); err != nil {
		w.root = d.name
	}
	if err := w.add("", false); err != nil {
		w.f.Close()
		return nil, err
	}
	return w, nil
}

func (w *watch) close() { w.f.Close() }

// watchMask is what inotify has to report for a filter.
func watchMask(filter uint32, subtree bool) uint32 {
	mask := uint32(unix.IN_EXCL_UNLINK | unix.IN_ONLYDIR)
	if filter&(FILE_NOTIFY_CHANGE_FILE_NAME|FILE_NOTIFY_CHANGE_DIR_NAME) != 0 || subtree {
		mask |= unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	}
	if filter&(FILE_NOTIFY_CHANGE_SIZE|FILE_NOTIFY_CHANGE_LAST_WRITE) != 0 {
		mask |= unix.IN_MODIFY
	}
	if filter&(FILE_NOTIFY_CHANGE_ATTRIBUTES|FILE_NOTIFY_CHANGE_CREATION|FILE_NOTIFY_CHANGE_SECURITY) != 0 {
		mask |= unix.IN_ATTRIB
	}
	if filter&FILE_NOTIFY_CHANGE_LAST_ACCESS != 0 {
		mask |= unix.IN_ACCESS
	}
	return mask
}

// add watches the directory at path, and with subtree those below. report says that what it
// finds there is new. Only the root's failure is one: others are gone again, or there are
// too many, and then something is lost.
func (w *watch) add(path string, report bool) error {
	mask := w.mask
	if path != "" {
		mask |= unix.IN_DONT_FOLLOW
	}
	name := w.root + "/" + path
	var wd int
	err := w.control(func(fd int) (err error) {
		wd, err = unix.InotifyAddWatch(fd, name, mask)
		return err
	})
	switch {
	case err == unix.ENOSPC:
		w.lost = true
		return ERROR_NO_SYSTEM_RESOURCES
	case err != nil:
		return err
	}
	w.paths[int32(wd)] = path
	if !w.subtree {
		return nil
	}
	entries, _ := os.ReadDir(name)
	for _, e := range entries {
		if report {
			w.remember(int32(wd), e.Name())
			w.report(FILE_ACTION_ADDED, join(path, e.Name()), nameFilter(e.IsDir()))
		}
		if e.IsDir() {
			w.add(join(path, e.Name()), report)
		}
	}
	return nil
}

func (w *watch) control(use func(fd int) error) error {
	c, err := w.f.SyscallConn()
	if err != nil {
		return err
	}
	if cerr := c.Control(func(fd uintptr) { err = use(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// remember notes a name that was reported because it was there when w looked.
func (w *watch) remember(wd int32, name string) {
	if w.known[wd] == nil {
		w.known[wd] = make(map[string]struct{})
	}
	w.known[wd][name] = struct{}{}
}

// recall forgets such a name and reports whether there was one.
func (w *watch) recall(wd int32, name string) bool {
	_, ok := w.known[wd][name]
	delete(w.known[wd], name)
	return ok
}

// run reports what happens until the directory is closed.
func (w *watch) run() {
	buf := make([]byte, 16<<10)
	for {
		if len(w.batch) > 0 || w.lost {
			w.dir.happened(w.batch, w.lost)
			w.batch, w.lost = w.batch[:0], false
		}
		n, err := w.f.Read(buf)
		switch {
		case err == nil:
			w.events(buf[:n])
		case os.IsTimeout(err):
			w.settleMove()
		default:
			return // closed
		}
		if w.cookie != 0 {
			w.f.SetReadDeadline(time.Now().Add(moveDelay))
		} else {
			w.f.SetReadDeadline(time.Time{})
		}
	}
}

// events takes what one read(2) brought.
func (w *watch) events(b []byte) {
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask := binary.NativeEndian.Uint32(b[4:])
		cookie := binary.NativeEndian.Uint32(b[8:])
		b = b[unix.SizeofInotifyEvent+w.event(wd, mask, cookie, b):]
	}
}

// event takes the event at the start of b and returns the length of its name.
func (w *watch) event(wd int32, mask, cookie uint32, b []byte) int {
	n := int(binary.NativeEndian.Uint32(b[12:]))
	name, _, _ := bytes.Cut(b[unix.SizeofInotifyEvent:][:n], []byte{0})
	switch {
	case mask&unix.IN_Q_OVERFLOW != 0:
		w.lost = true
	case mask&unix.IN_IGNORED != 0:
		delete(w.paths, wd)
		delete(w.known, wd)
	case len(name) > 0: // else the directory itself
		if dir, ok := w.paths[wd]; ok {
			w.entry(wd, mask, cookie, dir, string(name))
		}
	}
	return n
}

// entry takes an event of one name in a directory.
func (w *watch) entry(wd int32, mask, cookie uint32, dir, name string) {
	path, isDir := join(dir, name), mask&unix.IN_ISDIR != 0
	if w.cookie != 0 && (mask&unix.IN_MOVED_TO == 0 || cookie != w.cookie) {
		w.settleMove()
	}
	switch {
	case mask&unix.IN_CREATE != 0:
		if !w.recall(wd, name) {
			w.appeared(FILE_ACTION_ADDED, path, isDir)
		}
	case mask&unix.IN_DELETE != 0:
		w.recall(wd, name)
		w.report(FILE_ACTION_REMOVED, path, nameFilter(isDir))
	case mask&unix.IN_MOVED_FROM != 0:
		w.recall(wd, name)
		w.moved, w.cookie, w.movedDir = change{FILE_ACTION_RENAMED_OLD_NAME, path}, cookie, isDir
	case mask&unix.IN_MOVED_TO != 0 && w.cookie != 0:
		w.renamed(path, isDir)
	case mask&unix.IN_MOVED_TO != 0:
		if !w.recall(wd, name) {
			w.appeared(FILE_ACTION_ADDED, path, isDir)
		}
	default:
		w.report(FILE_ACTION_MODIFIED, path, ^uint32(0))
	}
}

// appeared reports a new name, and watches it if need be.
func (w *watch) appeared(action uint32, path string, isDir bool) {
	w.report(action, path, nameFilter(isDir))
	if isDir && w.subtree {
		w.add(path, true)
	}
}

// renamed ends the pair that moved began.
func (w *watch) renamed(path string, isDir bool) {
	w.report(w.moved.action, w.moved.name, nameFilter(isDir))
	w.report(FILE_ACTION_RENAMED_NEW_NAME, path, nameFilter(isDir))
	if isDir {
		w.eachBelow(w.moved.name, func(wd int32, rest string) { w.paths[wd] = path + rest })
	}
	w.cookie = 0
}

// settleMove ends a move whose other half is not coming: to somewhere else.
func (w *watch) settleMove() {
	if w.cookie == 0 {
		return
	}
	w.cookie = 0
	w.report(FILE_ACTION_REMOVED, w.moved.name, nameFilter(w.movedDir))
	if w.movedDir {
		w.eachBelow(w.moved.name, func(wd int32, _ string) {
			delete(w.paths, wd)
			w.control(func(fd int) error {
				_, err := unix.InotifyRmWatch(fd, uint32(wd))
				return err
			})
		})
	}
}

// eachBelow calls f for the watched directories at and below path, with what follows it.
func (w *watch) eachBelow(path string, f func(wd int32, rest string)) {
	for wd, p := range w.paths {
		if p == path || len(p) > len(path) && p[:len(path)] == path && p[len(path)] == '/' {
			f(wd, p[len(path):])
		}
	}
}

// nameFilter is the filter that a change of a name belongs to.
func nameFilter(isDir bool) uint32 {
	if isDir {
		return FILE_NOTIFY_CHANGE_DIR_NAME
	}
	return FILE_NOTIFY_CHANGE_FILE_NAME
}

// report notes a change, if one of the filters it belongs to was asked for.
func (w *watch) report(action uint32, path string, filters uint32) {
	if w.filter&filters != 0 {
		w.batch = append(w.batch, change{action, path})
	}
}
