// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// nodes are the files and directories that are open, each once whatever its names.
var nodes = struct {
	mu sync.Mutex
	of map[nodeKey]*node
}{of: make(map[nodeKey]*node)}

type nodeKey struct{ dev, ino uint64 }

// node is a file or directory that is open in this process.
type node struct {
	key    nodeKey
	opens  []*opened // guarded by nodes.mu
	doomed []string  // names that go with the last of opens; absolute
	locks  lockTable
}

// opened is one open-file object on a node.
type opened struct {
	node          *node
	access, share uint32
	deletes       string // the name to be deleted: FILE_FLAG_DELETE_ON_CLOSE

	released bool                               // guarded by node.locks.mu
	withFD   func(use func(fd int) error) error // of the device
}

// share enters what r opens, which fd is and st describes, unless the share modes of those who
// have it open forbid it, or r's forbid them. Who only asks questions is not in anybody's way.
func share(r *openRequest, fd int, st *unix.Stat_t) (*opened, error) {
	o := &opened{access: sharedRights(r.access), share: r.share}
	if r.has(FILE_FLAG_DELETE_ON_CLOSE) {
		name, err := filepath.Abs(r.name)
		if err != nil {
			return nil, errnoOf(err).err()
		}
		o.deletes = name
	}
	key := nodeKey{uint64(st.Dev), st.Ino}
	nodes.mu.Lock()
	defer nodes.mu.Unlock()
	n := nodes.of[key]
	if n == nil {
		n = &node{key: key}
	}
	if len(n.doomed) > 0 || lostItsName(fd, st) {
		return nil, ERROR_ACCESS_DENIED
	}
	for _, other := range n.opens {
		if o.access&^other.share != 0 || o.access != 0 && other.access&^o.share != 0 {
			return nil, ERROR_SHARING_VIOLATION
		}
	}
	o.node = n
	n.opens = append(n.opens, o)
	nodes.of[key] = n
	return o, nil
}

// lostItsName reports whether the file was deleted since st was made, perhaps by the last close
// of another handle.
func lostItsName(fd int, st *unix.Stat_t) bool {
	var now unix.Stat_t
	return unix.Fstat(fd, &now) == nil && now.Nlink == 0 && st.Nlink > 0
}

// sharedRights are those that share modes are about, as share modes.
func sharedRights(access uint32) (mode uint32) {
	if access&(FILE_READ_DATA|FILE_EXECUTE) != 0 {
		mode |= FILE_SHARE_READ
	}
	if access&(FILE_WRITE_DATA|FILE_APPEND_DATA) != 0 {
		mode |= FILE_SHARE_WRITE
	}
	if access&DELETE != 0 {
		mode |= FILE_SHARE_DELETE
	}
	return mode
}

// close takes o out. What was to be deleted goes with the last.
func (o *opened) close() {
	n := o.node
	nodes.mu.Lock()
	defer nodes.mu.Unlock()
	n.opens = slices.DeleteFunc(n.opens, func(other *opened) bool { return other == o })
	if o.deletes != "" {
		n.doomed = append(n.doomed, o.deletes)
	}
	if len(n.opens) > 0 {
		return
	}
	delete(nodes.of, n.key)
	for _, name := range n.doomed {
		n.unlink(name)
	}
}

// unlink removes name if it still is one of n's.
func (n *node) unlink(name string) {
	var st unix.Stat_t
	if unix.Lstat(name, &st) != nil || (nodeKey{uint64(st.Dev), st.Ino}) != n.key {
		return
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		unix.Rmdir(name)
	} else {
		unix.Unlink(name)
	}
}
