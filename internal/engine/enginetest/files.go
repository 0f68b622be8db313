// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"strings"
	"syscall"

	"iocp/internal/engine"
)

var fileTests = []test{
	{"ReadAndWriteAtAnOffset", readAndWrite},
	{"ReadvAndWritev", readvAndWritev},
	{"StreamOffsetUsesTheFilePosition", filePosition},
	{"UnknownReadFlagsAreRefused", unknownReadFlags},
	{"LargeTransfersOfAFileAreWhole", largeTransfers},
	{"Sync", syncs},
	{"ReadAndWriteOnAPipe", onAPipe},
	{"ReadOfAPipeWaits", pipeWaits},
	{"ReadAtTheEndOfAPipeIsZero", pipeEnds},
	{"AFullPipeTakesWhatFits", fullPipe},
	{"SocketsCanBeReadAndWritten", socketAsAFile},
}

func at(off int64, o *engine.Op) *engine.Op {
	o.Off = off
	return o
}

func readAndWrite(p *Port) {
	f := p.File("0123456789")
	p.Is("write", p.Do(at(4, Op(engine.Write, f, []byte("abc")))), 3)
	b := make([]byte, 5)
	if res := p.Do(at(3, Op(engine.Read, f, b))); res != 5 || string(b) != "3abc7" {
		p.Errorf("read: %d %q, want 5 \"3abc7\"", res, b)
	}
	p.Is("read across the end", p.Do(at(8, Op(engine.Read, f, b))), 2)
	p.Is("read at the end", p.Do(at(10, Op(engine.Read, f, b))), 0)
	p.Is("read behind the end", p.Do(at(99, Op(engine.Read, f, b))), 0)
	p.Is("read of nothing", p.Do(Op(engine.Read, f, b[:0])), 0)
	p.Is("write behind the end", p.Do(at(12, Op(engine.Write, f, []byte("x")))), 1)
	if res := p.Do(at(9, Op(engine.Read, f, b))); res != 4 || string(b[:4]) != "9\x00\x00x" {
		p.Errorf("read over the hole: %d %q", res, b)
	}
}

func vectorOp(kind engine.Kind, fd int32, parts ...[]byte) *engine.Op {
	o := &engine.Op{Kind: kind, FD: fd}
	o.Addr, o.Len = Vectors(parts...)
	return o
}

func readvAndWritev(p *Port) {
	f := p.File("")
	p.Is("writev", p.Do(at(1, vectorOp(engine.Writev, f, []byte("ab"), nil, []byte("cde")))), 5)
	x, y := make([]byte, 4), make([]byte, 4)
	res := p.Do(vectorOp(engine.Readv, f, x, y))
	if res != 6 || string(x) != "\x00abc" || string(y[:2]) != "de" {
		p.Errorf("readv: %d %q %q", res, x, y)
	}
}

func filePosition(p *Port) {
	f := p.File("0123456789")
	b := make([]byte, 3)
	for _, want := range []string{"012", "345"} {
		if res := p.Do(Stream(engine.Read, f, b)); res != 3 || string(b) != want {
			p.Errorf("read: %d %q, want 3 %q", res, b, want)
		}
	}
	p.Is("write", p.Do(Stream(engine.Write, f, []byte("x"))), 1)
	p.Is("read", p.Do(Stream(engine.Read, f, b)), 3)
	if string(b) != "789" {
		p.Errorf("read %q, want \"789\"", b)
	}
}

func unknownReadFlags(p *Port) {
	o := Op(engine.Read, p.File("x"), make([]byte, 1))
	if res := p.Do(withFlags(o, 1<<30)); res != p.errno(syscall.EOPNOTSUPP) && res != p.errno(syscall.EINVAL) {
		p.Errorf("result %d, want EOPNOTSUPP or EINVAL", res)
	}
}

// largeTransfers goes beyond what one call takes anywhere out of a cache.
func largeTransfers(p *Port) {
	content := []byte(strings.Repeat("0123456789abcdef", 3<<16))
	f := p.File("")
	half := len(content) / 2
	p.Is("write", p.Do(Op(engine.Write, f, content[:half])), int32(half))
	p.Is("writev", p.Do(at(int64(half), vectorOp(engine.Writev, f, content[half:half+5000], content[half+5000:]))), int32(half))
	got := make([]byte, len(content)+1)
	p.Is("read", p.Do(Op(engine.Read, f, got)), int32(len(content)))
	if string(got[:len(content)]) != string(content) {
		p.Error("other bytes were read than written")
	}
	clear(got)
	p.Is("readv", p.Do(vectorOp(engine.Readv, f, got[:100], got[100:])), int32(len(content)))
	if string(got[:len(content)]) != string(content) {
		p.Error("other bytes were read than written")
	}
}

func syncs(p *Port) {
	f := p.File("data")
	for flags, want := range []int32{0, 0, p.errno(syscall.EINVAL)} {
		p.Is("sync", p.Do(&engine.Op{Kind: engine.Sync, FD: f, Flags: uint32(flags)}), want)
	}
}

func onAPipe(p *Port) {
	r, w := p.Pipe()
	p.Is("write", p.Do(Stream(engine.Write, w, []byte("stream"))), 6)
	b := make([]byte, 16)
	if res := p.Do(Stream(engine.Read, r, b)); res != 6 || string(b[:6]) != "stream" {
		p.Errorf("read: %d %q", res, b)
	}
	v := vectorOp(engine.Writev, w, []byte("ab"), []byte("cd"))
	p.Is("writev", p.Do(at(-1, v)), 4)
	v = vectorOp(engine.Readv, r, b[:1], b[1:])
	if res := p.Do(at(-1, v)); res != 4 || string(b[:4]) != "abcd" {
		p.Errorf("readv: %d %q", res, b)
	}
}

func pipeWaits(p *Port) {
	r, w := p.Pipe()
	o := Stream(engine.Read, r, make([]byte, 8))
	p.Start(o)
	p.None()
	p.Send(w, "late")
	p.Is("read", p.WaitFor(o), 4)
}

func pipeEnds(p *Port) {
	r, w := p.Pipe()
	o := Stream(engine.Read, r, make([]byte, 8))
	p.Start(o)
	p.None()
	p.Machine.Close(w)
	p.Is("read", p.WaitFor(o), 0)
}

// fullPipe writes more than a pipe holds: a write ends with what has gone in, which is something.
func fullPipe(p *Port) {
	r, w := p.Pipe()
	content := []byte(strings.Repeat("0123456789abcdef", 20000))
	in := make([]byte, 50000)
	write, read := Stream(engine.Write, w, content), Stream(engine.Read, r, in)
	sent, got := 0, ""
	p.Start(write, read)
	for len(got) < len(content) {
		switch c := p.Wait(1)[0]; {
		case c.Res <= 0:
			p.Fatalf("%v ended with %d", c.Op.Kind, c.Res)
		case c.Op == write:
			if sent += int(c.Res); sent < len(content) {
				write = Stream(engine.Write, w, content[sent:])
				p.Start(write)
			}
		default:
			if got += string(in[:c.Res]); len(got) < len(content) {
				p.Start(read)
			}
		}
	}
	if got != string(content) {
		p.Error("other bytes came than were written")
	}
	for p.inFlight() > 0 {
		p.Wait(1)
	}
}

func socketAsAFile(p *Port) {
	a, b := p.Pair()
	in := make([]byte, 4)
	read := Stream(engine.Read, a, in)
	p.Start(read)
	p.None()
	p.Start(Stream(engine.Write, b, []byte("abc")))
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 3)
	}
	if string(in[:3]) != "abc" {
		p.Errorf("read %q", in)
	}
}
