// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A job is one file or link to copy.
type job struct {
	src, dst string
	link     bool

	// fresh: this command has made the folder of dst, and nothing can be there yet.
	fresh bool
}

// walkAll finds everything below srcs, makes the folders, and sends a job for each file
// and link.
func (c *copier) walkAll(ctx context.Context, srcs []string, dst string) {
	into, err := isFolder(dst)
	if err == nil && !into && len(srcs) > 1 {
		err = fmt.Errorf("%s is not a folder: several sources need one that exists", dst)
	}
	if err == nil && into {
		dst, err = filepath.EvalSymlinks(dst) // the user named it: a link to a folder is one
	}
	if err != nil {
		c.tally.fail(err)
		return
	}
	taken := make(map[string]string)
	for i, src := range srcs {
		target := dst
		if into {
			target = filepath.Join(dst, nameIn(src))
		}
		if first, ok := taken[sameName(target)]; ok {
			c.tally.fail(fmt.Errorf("%s would overwrite the copy of %s: copy it to another folder", src, first))
			continue
		}
		taken[sameName(target)] = src
		c.walk(ctx, src, target)
		if ctx.Err() != nil {
			c.tally.leave(srcs[i+1:]...)
			return
		}
	}
}

// isFolder reports whether name is a folder, or a link to one. That nothing has that name
// is no error.
func isFolder(name string) (bool, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.IsDir(), err
}

// nameIn is the name that src gets inside the target folder. What has no name of its own
// ("." and "..", or the root) is merged into the target instead.
func nameIn(src string) string {
	switch name := filepath.Base(src); name {
	case "..", string(filepath.Separator):
		return "."
	default:
		return name
	}
}

// walk copies one operand of the command line.
func (c *copier) walk(ctx context.Context, src, dst string) {
	info, err := os.Lstat(src)
	if err != nil {
		c.tally.fail(err)
		return
	}
	if info.IsDir() {
		if err := refuseInside(src, dst, info); err != nil {
			c.tally.fail(err)
			return
		}
	}
	c.visit(ctx, job{src: src, dst: dst}, info.Mode().Type())
}

// refuseInside returns an error when dst is the folder src or lies below it: the copy
// would never come to an end. It compares device and inode of every folder above dst, so
// that links and mounts do not deceive it.
func refuseInside(src, dst string, info fs.FileInfo) error {
	at, err := realPath(dst)
	if err != nil {
		return err
	}
	for {
		above, err := os.Stat(at)
		if err == nil && os.SameFile(info, above) {
			return fmt.Errorf("cannot copy the folder %s into itself (%s): choose a target outside", src, dst)
		}
		up := filepath.Dir(at)
		if up == at {
			return nil
		}
		at = up
	}
}

// realPath returns name as an absolute path without links; its last parts may not exist
// yet. It cuts name at its separators and never cleans it, since "link/.." is not here.
func realPath(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if err == nil {
		return filepath.Abs(real)
	}
	for len(name) > 1 && os.IsPathSeparator(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	if !errors.Is(err, fs.ErrNotExist) || dir == name || name == "." {
		return "", err
	}
	up, err := realPath(dir)
	return filepath.Join(up, base), err
}

// visit sends a job for a file or a link, and goes into a folder.
func (c *copier) visit(ctx context.Context, j job, kind fs.FileMode) {
	switch kind {
	case 0, fs.ModeSymlink:
		j.link = kind == fs.ModeSymlink
		c.send(ctx, j)
	case fs.ModeDir:
		c.tree(ctx, j)
	default:
		c.tally.fail(fmt.Errorf("%s is %s: not copied", j.src, kindName(kind)))
	}
}

// send queues a job unless ctx is done first.
func (c *copier) send(ctx context.Context, j job) {
	select {
	case c.jobs <- j:
	case <-ctx.Done():
		c.tally.leave(j.src)
	}
}

// tree makes the folder j.dst and visits everything in j.src.
func (c *copier) tree(ctx context.Context, j job) {
	entries, err := os.ReadDir(j.src)
	if err != nil {
		c.tally.fail(err) // what could be listed is copied all the same
	}
	if err != nil && len(entries) == 0 {
		return
	}
	made, err := c.folder.make(j)
	if err != nil {
		c.tally.fail(err)
		return
	}
	if made {
		c.tally.folder()
	}
	for i, entry := range entries {
		if ctx.Err() != nil {
			c.leave(j.src, entries[i:])
			return
		}
		c.visit(ctx, job{
			src:   filepath.Join(j.src, entry.Name()),
			dst:   filepath.Join(j.dst, entry.Name()),
			fresh: made,
		}, entry.Type())
	}
}

func (c *copier) leave(dir string, entries []fs.DirEntry) {
	for _, entry := range entries {
		c.tally.leave(filepath.Join(dir, entry.Name()))
	}
}

// folders remembers the folders that were made, because they get their mode and times only
// when everything is inside: a folder without write permission could not be filled, and
// filling it changes its time. The goroutine that walks is the only one to use it.
type folders struct {
	made []madeFolder
}

type madeFolder struct {
	dst  string
	info fs.FileInfo // of the source
}

// make makes the folder j.dst, or accepts the one that is there, and reports which.
func (f *folders) make(j job) (made bool, err error) {
	info, err := os.Lstat(j.src)
	if err != nil {
		return false, err
	}
	err = os.Mkdir(j.dst, info.Mode().Perm()|0o700)
	if errors.Is(err, fs.ErrExist) {
		return false, acceptFolder(j.dst)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("%w; make the folder %s first", err, filepath.Dir(j.dst))
	}
	if err != nil {
		return false, err
	}
	f.made = append(f.made, madeFolder{j.dst, info})
	return true, nil
}

// acceptFolder refuses what is at the target and is no folder. A link to a folder is
// refused as well unless the user named it as the target: it may lead anywhere.
func acceptFolder(name string) error {
	info, err := os.Lstat(name)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s exists and is %s, not a folder: remove it or choose another target", name, kindName(info.Mode().Type()))
	}
	return err
}

// finish gives the folders their mode and times, innermost first.
func (f *folders) finish(t *tally) {
	for _, d := range slices.Backward(f.made) {
		now, err := os.Lstat(d.dst)
		if err == nil {
			err = setAttributes(d.dst, now, d.info)
		}
		if err != nil {
			t.fail(err)
		}
	}
}

// kindName says in words what a file that is no regular one is.
func kindName(kind fs.FileMode) string {
	switch {
	case kind == 0:
		return "a file"
	case kind&fs.ModeDir != 0:
		return "a folder"
	case kind&fs.ModeSymlink != 0:
		return "a link"
	case kind&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case kind&fs.ModeSocket != 0:
		return "a socket"
	case kind&fs.ModeDevice != 0:
		return "a device"
	}
	return "not a regular file"
}
