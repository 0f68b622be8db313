// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"strings"
	"testing"

	"iocp/win32/internal/npfs"
)

// FuzzCalls runs the calls the input asks for, on a few instances of two pipes, on their
// clients and on a mailslot. Nothing may panic, every request that pended must end exactly
// once, and bytes must arrive complete and in order as long as nothing is taken back.
func FuzzCalls(f *testing.F) {
	f.Add([]byte("\x00\x00\x10\x00\x20\x05\x31\x05\x20\x03"))
	f.Add([]byte{0, 7, 1, 0, 3, 4, 2, 9, 3, 0, 4, 2, 5, 1, 6, 0, 7, 3, 8, 1, 9, 0, 10, 2, 11, 1, 12, 3, 13, 2})
	f.Fuzz(func(t *testing.T, calls []byte) {
		z := &fuzzed{check: check{t}, space: new(npfs.Space)}
		z.slot, _ = z.space.CreateMailslot("box", 8, npfs.Forever)
		for calls = calls[:min(len(calls), 1000)]; len(calls) >= 2; calls = calls[2:] {
			z.call(calls[0]%16, calls[1])
		}
		z.end()
	})
}

type fuzzed struct {
	check
	space *npfs.Space
	slot  *npfs.Mailslot
	ends  []*fuzzedEnd
	ops   []*op
	by    []func(*npfs.Request) bool // what cancels each
}

// fuzzedEnd is an end and what went in and out of it, in order of issue.
type fuzzedEnd struct {
	*npfs.End
	peer        *fuzzedEnd
	wrote, read []*op
	lossy       bool // something was taken back, or lost
}

var fuzzedConfigs = []npfs.Config{
	{Max: 2, InQuota: 8, OutQuota: 5},
	{Max: npfs.Unlimited, Messages: true, Mode: npfs.ReadMessages, InQuota: 6, OutQuota: 6},
	{Max: 2, InQuota: 0, OutQuota: 100, NoWait: true},
	{Max: 2, Messages: true, InQuota: 9},
}

func (z *fuzzed) pipe(arg byte) string { return []string{"one", "two"}[arg>>2&1] }

func (z *fuzzed) call(what, arg byte) {
	switch what {
	case 0:
		if e, st := z.space.Create(z.pipe(arg), fuzzedConfigs[arg&3]); st == npfs.Success {
			z.ends = append(z.ends, &fuzzedEnd{End: e})
		}
		return
	case 1:
		z.open(arg)
		return
	case 2:
		if z.started(receive(z.slot, int(arg)), z.slot.Cancel); arg&0x80 == 0 {
			z.slot.Write(make([]byte, arg&15))
		}
		return
	case 3:
		if len(z.ops) > 0 {
			i := int(arg) % len(z.ops)
			z.by[i](&z.ops[i].Request)
		}
		return
	}
	if len(z.ends) > 0 {
		z.onEnd(what, z.ends[int(arg>>3)%len(z.ends)], arg)
	}
}

// open opens a client. Whose client it is, only the instance's next state tells.
func (z *fuzzed) open(arg byte) {
	var listening []*fuzzedEnd
	for _, e := range z.ends {
		if i, st := e.Info(); st == npfs.Success && i.Server && i.State == npfs.Listening {
			listening = append(listening, e)
		}
	}
	c, st := z.space.Open(z.pipe(arg), true, true)
	if st != npfs.Success {
		return
	}
	client := &fuzzedEnd{End: c}
	z.ends = append(z.ends, client)
	for _, e := range listening {
		if i, _ := e.Info(); i.State == npfs.Connected {
			client.peer, e.peer = e, client
			e.wrote, e.read, e.lossy = nil, nil, false
		}
	}
}

func (z *fuzzed) onEnd(what byte, e *fuzzedEnd, arg byte) {
	size := int(arg & 7)
	switch what {
	case 4, 5, 6:
		o := read(e.End, size)
		e.read = append(e.read, o)
		z.started(o, z.takesBack(e))
	case 7, 8, 9:
		o := write(e.End, strings.Repeat(string(rune('a'+len(z.ops)%26)), size*2))
		e.wrote = append(e.wrote, o)
		z.started(o, z.takesBack(e))
	case 10:
		z.started(connect(e.End), e.Cancel)
	case 11:
		z.started(flush(e.End), e.Cancel)
	case 12:
		o := transact(e.End, "transaction"[:size], size)
		z.started(o, e.Cancel)
		z.lossy(e)
	case 13:
		mode, noWait, _ := e.Mode()
		if arg&1 != 0 {
			mode = 1 - mode
		}
		e.SetMode(mode, noWait)
		e.Peek(make([]byte, size))
	case 14:
		z.lossy(e)
		e.Disconnect()
	case 15:
		z.lossy(e)
		e.Close()
	}
}

func (z *fuzzed) lossy(e *fuzzedEnd) {
	e.lossy = true
	if e.peer != nil {
		e.peer.lossy = true
	}
}

func (z *fuzzed) takesBack(e *fuzzedEnd) func(*npfs.Request) bool {
	return func(r *npfs.Request) bool {
		z.lossy(e)
		return e.Cancel(r)
	}
}

func (z *fuzzed) started(o *op, cancel func(*npfs.Request) bool) {
	z.ops = append(z.ops, o)
	z.by = append(z.by, cancel)
}

// end checks the streams that nothing disturbed, closes everything, and counts.
func (z *fuzzed) end() {
	for _, e := range z.ends {
		if e.peer != nil && !e.lossy && !e.peer.lossy {
			z.stream(e, e.peer)
		}
	}
	for _, e := range z.ends {
		e.Close()
	}
	z.slot.Close()
	for i, o := range z.ops {
		if o.ended != 1 {
			z.Fatalf("request %d of %d ended %d times", i, len(z.ops), o.ended)
		}
	}
}

// stream expects that what to has read is the beginning of what from has written, and that
// what is missing is what can be read.
func (z *fuzzed) stream(from, to *fuzzedEnd) {
	var in, out strings.Builder
	for _, o := range from.wrote {
		switch {
		case o.ended == 0:
			in.Write(o.buf)
		case !o.status.Failed():
			in.Write(o.buf[:o.n])
		}
	}
	for _, o := range to.read {
		if o.ended == 1 && !o.status.Failed() {
			out.Write(o.buf[:o.n])
		}
	}
	p, _ := to.Peek(make([]byte, in.Len()))
	if !strings.HasPrefix(in.String(), out.String()) || in.Len()-out.Len() != p.Available {
		z.Fatalf("written %q, read %q, %d bytes left", in.String(), out.String(), p.Available)
	}
}
