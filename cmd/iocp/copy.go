// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"

	"iocp"
)

var copyCommand = &command{
	name:    "copy",
	args:    "SRC... DST",
	summary: "copy files and trees with many blocks in flight",
	details: `
Copy copies files, links and folders with all they contain. If DST is a folder the copies go
into it, else the one SRC is copied to the name DST. Permission bits and times are kept,
links are copied as links, and on Linux holes stay holes. Owners, ACLs, extended attributes,
the further streams of NTFS and hard links between files are not kept.

A file is written under a temporary name beside its target and renamed when it is complete,
so that no partial file ever has the name of the target. A file or link at the target is
replaced, never written through; other things there are refused, and so is a copy of a file
onto itself or of a folder into itself.

What cannot be copied is reported, and the rest is copied: exit status 1. A file that
changes meanwhile is reported too; its copy is kept. SIGINT or SIGTERM stops the copy,
removes what is incomplete and says what was left undone: exit status 130. A second signal
ends it at once; a file whose name begins with .iocp-copy- may then be left behind.`,
	declare: func(fs *flag.FlagSet) action {
		var c copyFlags
		c.declare(fs)
		return c.run
	},
}

// blockUnit divides every block: with -verify a block is two halves, and each half must
// suit O_DIRECT.
const blockUnit = 2 * directUnit

type copyFlags struct {
	portFlags
	depth  int
	block  byteSize
	direct bool
	verify bool
	clone  bool
	quiet  bool

	// opened and written, if not nil, are called when a source was opened and when the
	// bytes of its copy are written but not verified. Tests do things in between.
	opened, written func(name string)
}

func (f *copyFlags) declare(fs *flag.FlagSet) {
	f.portFlags.declare(fs)
	f.block = 256 << 10
	fs.IntVar(&f.depth, "depth", 16, "`number` of blocks in flight at most; memory is depth times block")
	fs.Var(&f.block, "block", "`bytes` of a block, a multiple of 8K")
	fs.BoolVar(&f.direct, "direct", false, "bypass the page cache (O_DIRECT)")
	fs.BoolVar(&f.verify, "verify", false, "write the copy to the device, read it back and compare")
	fs.BoolVar(&f.clone, "clone", true, "let the file system share the blocks where it can (Btrfs, XFS)")
	fs.BoolVar(&f.quiet, "quiet", false, "print neither progress nor summary")
}

func (f *copyFlags) check(operands []string) error {
	if err := f.portFlags.check(); err != nil {
		return err
	}
	switch {
	case len(operands) < 2:
		return usagef("want SRC... DST, got %d of them", len(operands))
	case f.depth < 1 || f.depth > 1<<16:
		return usagef("-depth %d: want 1 to 65536", f.depth)
	case f.block < blockUnit || f.block%blockUnit != 0 || f.block > 1<<30:
		return usagef("-block %v: want a multiple of 8K up to 1G", &f.block)
	}
	return nil
}

func (f *copyFlags) run(ctx context.Context, operands []string, o output) error {
	if err := f.check(operands); err != nil {
		return err
	}
	srcs, dst := operands[:len(operands)-1], operands[len(operands)-1]
	port, err := f.openPort()
	if err != nil {
		return err
	}
	defer port.Close()
	c := newCopier(f, port, newTally(o.err))
	pool := iocp.NewPool(port, iocp.PoolConfig{Workers: f.workersFor(port.Concurrency()), Batch: packetsPerGet})
	stop := c.tally.show(ctx, srcs, f)
	begin := time.Now()
	err = c.copy(ctx, srcs, dst)
	stop()
	if !f.quiet {
		fmt.Fprintln(o.out, c.tally.summary(time.Since(begin)))
	}
	// Every operation is over, so there is nothing to wait for but the workers' end.
	return errors.Join(err, pool.Shutdown(context.Background()))
}

// A copier copies with one port, one set of blocks and a handful of goroutines that see a
// file each from open to rename. The bytes move in the workers of the port (see transfer);
// the goroutines only wait, so one that is stuck in open(2) or rename(2) delays nobody.
type copier struct {
	*copyFlags
	port   *iocp.Port
	blocks *blocks
	tally  *tally
	jobs   chan job
	large  chan struct{} // holds a token for every large file under way
	cloner cloner
	folder folders
}

const (
	// maxFiles bounds the files under way, which cost two descriptors and a goroutine
	// each. There are never more of them than blocks: the rest would only wait.
	maxFiles = 16

	// largeFiles is how many files of more than a few blocks are copied at a time. One
	// keeps the blocks busy; the second one fills the gap while the first one begins
	// and ends, and buffered writes to one file are done one after the other (inode
	// lock), to two files not.
	largeFiles = 2
)

func newCopier(f *copyFlags, port *iocp.Port, t *tally) *copier {
	return &copier{
		copyFlags: f,
		port:      port,
		blocks:    newBlocks(f.depth, int(f.block)),
		tally:     t,
		jobs:      make(chan job, maxFiles),
		large:     make(chan struct{}, largeFiles),
	}
}

// copy copies srcs to dst. What it cannot copy goes to the tally; the error only says that
// there was such a thing, or that ctx is done.
func (c *copier) copy(ctx context.Context, srcs []string, dst string) error {
	var files sync.WaitGroup
	for range min(c.depth, maxFiles) {
		files.Go(func() { c.work(ctx) })
	}
	c.walkAll(ctx, srcs, dst)
	close(c.jobs)
	files.Wait()
	c.folder.finish(c.tally)
	return c.tally.verdict(ctx)
}

// work copies one file or link after the other.
func (c *copier) work(ctx context.Context) {
	for j := range c.jobs {
		if ctx.Err() != nil {
			c.tally.leave(j.src)
			continue
		}
		err := c.one(ctx, j)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			c.tally.interrupt(j.src)
		default:
			c.tally.fail(err)
		}
	}
}

func (c *copier) one(ctx context.Context, j job) error {
	if j.link {
		return c.link(j)
	}
	return c.file(ctx, j)
}
