// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"iocp"
)

// disk is a file, and the model of it: its bytes.
type disk struct {
	r    *runner
	f    *iocp.File
	key  any
	skip bool
	data []byte
}

const (
	reach   = 20000 // offsets
	largest = 9000  // bytes of a transfer
)

// onDisk makes a step for a file, which is made if the slot is free.
func onDisk(do func(*disk, Step)) func(*runner, Step) {
	return func(r *runner, s Step) {
		slot := int(s.Slot) % len(r.disks)
		if r.disks[slot] == nil {
			r.disks[slot] = r.newDisk(s)
		}
		do(r.disks[slot], s)
	}
}

func (r *runner) newDisk(s Step) *disk {
	f, err := iocp.OpenFile(r.path(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	r.must(err, "OpenFile")
	r.ids++
	d := &disk{r: r, f: f, key: r.ids, skip: s.B%3 == 0}
	r.associate(f, d.key)
	if d.skip {
		r.must(f.SkipOnSuccess(), "SkipOnSuccess")
	}
	return d
}

// put is what a write does to the bytes.
func (d *disk) put(data []byte, off int) {
	if grown := off + len(data); len(data) > 0 && grown > len(d.data) {
		d.data = append(d.data, make([]byte, grown-len(d.data))...)
	}
	if len(data) > 0 {
		copy(d.data[off:], data)
	}
}

// write starts a write, of one buffer or several, or an append.
func (d *disk) write(s Step, off, n int) *op {
	data := make([]byte, n)
	o := d.r.newOp("write", d.key, d.skip)
	fill(data, uint64(o.id), 0)
	var err error
	switch pieces := cut(data, int(s.B>>2)%4); {
	case s.B%8 == 7:
		off = len(d.data)
		err = d.f.Append(o, data)
	case len(pieces) > 1:
		err = d.f.Writev(o, pieces, int64(off))
	default:
		err = d.f.Write(o, data, int64(off))
	}
	d.put(data, off)
	return d.r.start(o, err)
}

func writeStep(d *disk, s Step) {
	o := d.write(s, int(s.A)%reach, int(s.B)%largest)
	d.r.await(o)
	if o.err != nil || int(o.n) != int(s.B)%largest {
		d.r.broken("%v of %d bytes: %s", o, int(s.B)%largest, o.outcome())
	}
}

// diskRead is a read under way.
type diskRead struct {
	*op
	off  int
	bufs [][]byte
	room int
}

// read starts a read with o, into one buffer or several.
func (d *disk) read(o *op, s Step, off, n int) *diskRead {
	h := &diskRead{op: o, off: off, room: n, bufs: cut(make([]byte, n), int(s.B>>2)%4)}
	if len(h.bufs) > 1 {
		d.r.start(h.op, d.f.Readv(h.op, h.bufs, int64(off)))
	} else {
		d.r.start(h.op, d.f.Read(h.op, h.bufs[0], int64(off)))
	}
	return h
}

// same checks what a read has read.
func (d *disk) same(h *diskRead) {
	want := d.data[min(h.off, len(d.data)):min(h.off+h.room, len(d.data))]
	got := bytes.Join(h.bufs, nil)[:max(h.n, 0)]
	eof := len(want) == 0 && h.room > 0
	if eof != errors.Is(h.err, io.EOF) || !eof && h.err != nil || !bytes.Equal(got, want) {
		d.r.broken("%v of %d bytes at %d of a file of %d: %s, want %d; bytes right: %v",
			h, h.room, h.off, len(d.data), h.outcome(), len(want), bytes.Equal(got, want))
	}
}

func readStep(d *disk, s Step) {
	h := d.read(d.r.newOp("read", d.key, d.skip), s, int(s.A)%reach, int(s.B)%largest)
	d.r.await(h.op)
	d.same(h)
}

// burstStep has several reads and writes in flight, none of which meets another.
func burstStep(d *disk, s Step) {
	n := int(s.A%6) + 2
	if size := len(d.data); size < reach { // all of it is within the file
		d.put(make([]byte, reach-size), size)
		d.r.must(d.f.Truncate(reach), "Truncate")
	}
	var ops []*op
	var reads []*diskRead
	for i := range n {
		span := reach / n
		part := Step{s.Kind, s.Slot, s.A, s.B + uint16(i*13)}
		off, size := i*span+int(part.B%7), span/2
		if part.B%8 == 7 {
			part.B-- // an append would meet the others
		}
		if part.B%3 == 0 {
			ops = append(ops, d.write(part, off, size))
			continue
		}
		h := d.read(d.r.newOp("read", d.key, d.skip), part, off, size)
		reads, ops = append(reads, h), append(ops, h.op)
	}
	d.r.await(ops...)
	for _, h := range reads {
		d.same(h)
	}
	for _, o := range ops {
		d.r.must(o.err, o.String())
	}
}

// compare looks at the file from outside.
func (d *disk) compare() {
	got, err := os.ReadFile(d.f.Name())
	d.r.must(err, "reading the file")
	if !bytes.Equal(got, d.data) {
		d.r.broken("the file holds other bytes than were written")
	}
}

func syncStep(d *disk, s Step) {
	if s.A%4 > 0 {
		n := int(s.B) % (len(d.data) + 1)
		d.r.must(d.f.Truncate(int64(n)), "Truncate")
		d.data = d.data[:n:n]
		return
	}
	o := d.r.newOp("sync", d.key, d.skip)
	d.r.start(o, d.f.Sync(o))
	d.r.await(o)
	d.r.must(o.err, "Sync")
}

// closeDiskStep closes the file while it is read from: each read ends in its own way or with that.
func closeDiskStep(d *disk, s Step) {
	var reads []*diskRead
	for range s.A % 6 {
		o := d.r.quietOp("read", d.key, d.skip)
		o.due = true
		reads = append(reads, d.read(o, s, int(s.A)%reach, int(s.B)%largest))
	}
	if s.A%2 == 0 {
		d.f.CancelAll()
	}
	d.close()
	for _, h := range reads {
		d.r.await(h.op)
		if errors.Is(h.err, fs.ErrClosed) || errors.Is(h.err, iocp.ErrCanceled) {
			continue // perhaps with some bytes
		}
		d.same(h)
	}
	for i := range d.r.disks {
		if d.r.disks[i] == d {
			d.r.disks[i] = nil
		}
	}
}

func (d *disk) close() {
	d.compare()
	name := d.f.Name()
	d.r.must(d.f.Close(), "Close")
	d.r.must(os.Remove(name), "Remove")
}
