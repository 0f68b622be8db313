// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"os"
	"time"
)

// groupM: limits.
var groupM = []rule{
	{id: "M03", part: "fractions", run: fractionsOfMilliseconds},
	{id: "M03", part: "long", run: longTimeouts},
	{id: "M05", part: "bytes", run: transferBeyondCap},
	{id: "M05", part: "buffers", run: moreBuffersThanOneCallTakes},
}

// M03: timeouts shorter than the clock of any system are neither polls nor forever.
func fractionsOfMilliseconds(s *scene) {
	p := s.port(1)
	for _, d := range []time.Duration{1, time.Microsecond, 999 * time.Microsecond, 1500 * time.Microsecond} {
		s.timesOut(p, d)
	}
}

// M03: the longest that 32 bits of milliseconds express, and longer ones.
func longTimeouts(s *scene) {
	for _, d := range []time.Duration{0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 33} {
		s.waitsFor(d * time.Millisecond)
	}
}

// M05: a write is not limited to the 0x7ffff000 bytes that one write(2) transfers: it goes on
// until all is written. The null device takes any amount; the many buffers are one.
func transferBeyondCap(s *scene) {
	const size, count = 64 << 20, 33
	p := s.port(1)
	f := s.open(os.DevNull, os.O_RDWR)
	s.associate(p, f, 1)
	buf := make([]byte, size)
	bufs := make([][]byte, count)
	for i := range bufs {
		bufs[i] = buf
	}
	var o op
	s.must(f.Writev(&o, bufs, 0), "Writev")
	s.expect(p, &o, 1, size*count, nil)
}

// M05: nor is it to the number of buffers that one writev(2) takes; a read fills them all, too.
func moreBuffersThanOneCallTakes(s *scene) {
	const count = 3000
	p := s.port(1)
	f := s.file(p, 1, "")
	data := pattern(3 * count)
	got := make([]byte, len(data))
	var out, in [][]byte
	for i := range count {
		out = append(out, data[3*i:3*i+1], data[3*i+1:3*i+3])
		in = append(in, got[3*i:3*i+2], got[3*i+2:3*i+3])
	}
	var o op
	s.must(f.Writev(&o, out, 0), "Writev")
	s.expect(p, &o, 1, 3*count, nil)
	s.content(f, string(data))
	s.must(f.Readv(&o, in, 0), "Readv")
	s.expect(p, &o, 1, 3*count, nil)
	s.check(string(got) == string(data), "Readv filled its buffers with something else")
}
