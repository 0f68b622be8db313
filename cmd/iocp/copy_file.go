// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"iocp"
)

// directUnit is what offsets, lengths and addresses of direct I/O are multiples of. It
// suits every device in use: logical blocks are 512 or 4096 bytes.
const directUnit = 4096

// file copies one regular file. On error nothing is left of the copy, and what was at the
// target is untouched.
func (c *copier) file(ctx context.Context, j job) error {
	src, info, err := c.openSource(j)
	if err != nil {
		return err
	}
	defer src.Close()
	if c.isLarge(info.Size()) {
		c.large <- struct{}{}
		defer func() { <-c.large }()
	}
	var changed error
	err = replace(j, func(name string) error {
		changed, err = c.write(ctx, src, info, name)
		return err
	})
	if err != nil {
		return err
	}
	c.tally.file(info.Size())
	if changed != nil {
		c.tally.change(fmt.Errorf("%s %w: its copy %s is what could be read", j.src, changed, j.dst))
	}
	return nil
}

// isLarge tells a file that keeps many blocks busy on its own.
func (c *copier) isLarge(size int64) bool {
	return size > 4*int64(c.block)
}

// openSource opens j.src for reading. It takes care to open the file that was listed, and
// not what a link leads to that has replaced it.
func (c *copier) openSource(j job) (*os.File, fs.FileInfo, error) {
	src, err := c.openFile(j.src, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := src.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s has become %s: not copied", j.src, kindName(info.Mode().Type()))
	case !j.fresh:
		err = refuseTarget(j, info)
	}
	if err != nil {
		src.Close()
		return nil, nil, err
	}
	if c.opened != nil {
		c.opened(j.src)
	}
	return src, info, nil
}

// openFile opens a file, with O_DIRECT when asked for.
func (c *copier) openFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if c.direct {
		flag |= iocp.ODirect
	}
	f, err := openPlain(name, flag, perm)
	if c.direct && errors.Is(err, noDirect) {
		err = fmt.Errorf("%w: its file system has no direct I/O; copy without -direct", err)
	}
	return f, err
}

// adopt makes f a file of the port. On success f is closed.
func (c *copier) adopt(f *os.File) (*iocp.File, error) {
	file, err := iocp.NewFile(f)
	if err != nil {
		return nil, err
	}
	if err := c.port.Associate(file, nil); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// refuseTarget returns an error when what is at j.dst must not be replaced by a copy of
// j.src: the same file, under whatever name, or something that is neither a file nor a
// link. info is what j.src leads to.
func refuseTarget(j job, info fs.FileInfo) error {
	at, err := os.Lstat(j.dst)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if at.Mode().Type() == fs.ModeSymlink {
		if at, err = os.Stat(j.dst); err != nil {
			return nil // a link that leads nowhere can be replaced
		}
	}
	if info != nil && os.SameFile(info, at) {
		return fmt.Errorf("%s and %s are the same file: not copied", j.src, j.dst)
	}
	if !at.Mode().IsRegular() {
		return fmt.Errorf("%s exists and is %s, not a file: remove it or choose another target", j.dst, kindName(at.Mode().Type()))
	}
	return nil
}

// temporaryPrefix begins the names of copies that are not complete. The rest is random: a
// copy that was killed may have left one behind.
const temporaryPrefix = ".iocp-copy-"

// replace has fill make something under a temporary name in the folder of j.dst, and gives
// it the name j.dst when it is complete. On error the temporary is removed.
func replace(j job, fill func(name string) error) error {
	name := filepath.Join(filepath.Dir(j.dst), temporaryPrefix+strconv.FormatUint(rand.Uint64(), 36))
	err := fill(name)
	if err == nil {
		err = rename(name, j.dst)
	}
	if err == nil {
		return nil
	}
	if left := os.Remove(name); left != nil && !errors.Is(left, fs.ErrNotExist) {
		return fmt.Errorf("%w (and the partial copy %s is left behind: %w)", err, name, left)
	}
	return copyError(j, err)
}

// copyError puts the target's name into an error that only knows the temporary one.
func copyError(j job, err error) error {
	return fmt.Errorf("copy %s to %s: %w", j.src, j.dst, err)
}

// link copies a symbolic link as what it is.
func (c *copier) link(j job) error {
	info, err := os.Lstat(j.src)
	if err != nil {
		return err
	}
	to, err := os.Readlink(j.src)
	if err != nil {
		return err
	}
	if !j.fresh {
		leads, _ := os.Stat(j.src) // nil if it leads nowhere, and then to no target either
		if err := refuseTarget(j, leads); err != nil {
			return err
		}
	}
	err = replace(j, func(name string) error {
		if err := makeLink(to, name, info); err != nil {
			return err
		}
		return setLinkTimes(name, info)
	})
	if err != nil {
		return err
	}
	c.tally.link()
	return nil
}

// write makes the file name with the bytes and attributes of src, which looked like info
// when it was opened. If src was changed meanwhile, that is in changed.
func (c *copier) write(ctx context.Context, src *os.File, info fs.FileInfo, name string) (changed, err error) {
	flag := os.O_WRONLY
	if c.verify {
		flag = os.O_RDWR
	}
	dst, err := c.openFile(name, flag|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return nil, err
	}
	defer dst.Close()
	now, err := dst.Stat()
	if err != nil {
		return nil, err
	}
	done := false
	if c.isSmall(info) {
		done, changed, err = c.small(src, dst, info)
	}
	if !done && err == nil {
		changed, err = c.throughPort(ctx, src, dst, info)
	}
	if err != nil {
		return nil, err
	}
	return changed, setAttributes(name, now, info)
}

// throughPort moves the bytes of src to dst block by block, and closes both.
func (c *copier) throughPort(ctx context.Context, src, dst *os.File, info fs.FileInfo) (changed, err error) {
	name := dst.Name()
	from, err := c.adopt(src)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	to, err := c.adopt(dst)
	if err != nil {
		return nil, err
	}
	t := newTransfer(ctx, c, from, to)
	changed, err = t.copy(info)
	if err == nil && c.written != nil {
		c.written(name)
	}
	if err == nil && c.verify && changed == nil {
		changed, err = t.verify(info)
	}
	t.close()
	if closed := to.Close(); err == nil {
		err = closed
	}
	return changed, err
}

// smallSize is up to where a file is copied by the goroutine that opens it. Such a file is
// one read and one write, which cost less than to bring two descriptors to the port, and
// what is slow about it, open(2) and rename(2), is done by that goroutine in any case.
const smallSize = 64 << 10

func (c *copier) isSmall(info fs.FileInfo) bool {
	return info.Size() <= min(smallSize, int64(c.block)) && !c.direct && !c.verify && !isSparse(info)
}

// small copies a file that fits into the buffer of one block. If src turns out to be
// longer, as files may that say they are empty, nothing is written and done is false.
func (c *copier) small(src, dst *os.File, info fs.FileInfo) (done bool, changed, err error) {
	b := c.blocks.take()
	defer c.blocks.put(b)
	buf := b.buf
	if size := info.Size(); size > 0 {
		buf = buf[:size]
	}
	n, err := readUpTo(src, buf)
	if err != nil {
		return false, nil, err
	}
	if info.Size() == 0 && n == len(buf) {
		return false, nil, nil
	}
	if _, err := dst.Write(buf[:n]); err != nil {
		return false, nil, err
	}
	c.tally.advance(info.Size())
	if c.written != nil {
		c.written(dst.Name())
	}
	now, err := src.Stat()
	if err != nil {
		return false, nil, err
	}
	return true, changes(info, now), dst.Close()
}

// readUpTo reads until buf is full or f ends, and returns the number of bytes.
func readUpTo(f *os.File, buf []byte) (int, error) {
	n, err := io.ReadFull(f, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// setAttributes gives the file or folder name, which looks like now, the permission bits
// and times of info. The bits that lend the owner's or group's rights are kept only if both
// are the same here: else a program of somebody else's would become one of the user who
// copies it.
func setAttributes(name string, now, info fs.FileInfo) error {
	mode := info.Mode() & (fs.ModePerm | fs.ModeSticky)
	if sameOwner(now, info) {
		mode |= info.Mode() & (fs.ModeSetuid | fs.ModeSetgid)
	}
	if mode != now.Mode()&^fs.ModeType {
		if err := os.Chmod(name, mode); err != nil {
			return err
		}
	}
	return os.Chtimes(name, accessTime(info), info.ModTime())
}
