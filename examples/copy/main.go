// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Copy copies a file with several reads and writes in flight on one port. Every block is an
// operation of its own: its read completes, it becomes a write at the same offset, and then
// the read of the next block nobody has taken yet.
//
//	go run ./examples/copy source target
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"iocp"
)

const (
	depth     = 16      // blocks in flight
	blockSize = 1 << 20 // bytes
)

type block struct {
	iocp.Overlapped
	buf     []byte
	off     int64
	writing bool
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: copy source target")
		os.Exit(2)
	}
	n, err := copyFile(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "copy:", err)
		os.Exit(1)
	}
	fmt.Println(n, "bytes copied")
}

type copier struct {
	port     *iocp.Port
	src, dst *iocp.File
	next     int64 // offset of the next block to read
	pending  int
	written  int64
	err      error
}

func copyFile(from, to string) (int64, error) {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		return 0, err
	}
	defer port.Close()
	src, err := iocp.OpenFile(from, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	dst, err := iocp.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return 0, err
	}
	defer dst.Close()
	if err := errors.Join(port.Associate(src, nil), port.Associate(dst, nil)); err != nil {
		return 0, err
	}
	c := &copier{port: port, src: src, dst: dst}
	for range depth {
		c.read(&block{buf: make([]byte, blockSize)})
	}
	for c.pending > 0 {
		k, err := port.Get(iocp.Infinite)
		if err != nil {
			return c.written, err
		}
		c.done(k)
	}
	return c.written, c.err
}

// done takes one packet on: a block that was read is written, one that was written is free
// for the next read.
func (c *copier) done(k iocp.Completion) {
	c.pending--
	b := k.Op.(*block)
	switch {
	case k.Err == io.EOF:
	case k.Err != nil:
		c.err = errors.Join(c.err, k.Err)
	case !b.writing:
		b.writing = true
		c.start(c.dst.Write(b, b.buf[:k.Bytes], b.off))
	default:
		c.written += k.Bytes
		c.read(b)
	}
}

func (c *copier) read(b *block) {
	if c.err != nil {
		return
	}
	b.off, b.writing = c.next, false
	c.next += blockSize
	c.start(c.src.Read(b, b.buf, b.off))
}

// start counts an operation that was started, and so will send its packet.
func (c *copier) start(err error) {
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	c.pending++
}
