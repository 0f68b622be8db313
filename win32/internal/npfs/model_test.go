// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"iocp/win32/internal/npfs"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random histories; 0 takes one from the clock")

// modelWrite is a write the model has not seen read to its end.
type modelWrite struct {
	id    int
	left  string
	size  int
	waits bool
}

// modelWait is a read or a flush that waits; what a flush waits for are the ids of writes.
type modelWait struct {
	id, size int
	for_     []int
}

type outcome struct {
	st   npfs.Status
	n    int
	data string
}

// model is one direction of a pipe, as plain as possible: one list of writes, one of reads.
type model struct {
	messages, byMessage bool
	quota               int
	writes              []modelWrite
	readers, flushes    []modelWait
	results             map[int]outcome
}

func (m *model) write(id int, data string) {
	if data == "" && !m.messages {
		m.results[id] = outcome{}
		return
	}
	w := modelWrite{id: id, left: data, size: len(data), waits: true}
	m.writes = append(m.writes, w)
	if data == "" {
		m.writes[len(m.writes)-1].waits = false
		m.results[id] = outcome{}
	}
	for len(m.readers) > 0 && len(m.writes) > 0 {
		r := m.readers[0]
		m.readers = m.readers[1:]
		m.serve(r)
	}
	m.settle()
}

func (m *model) read(id, size int) {
	if len(m.writes) == 0 {
		m.readers = append(m.readers, modelWait{id: id, size: size})
		return
	}
	m.serve(modelWait{id: id, size: size})
	m.settle()
}

// serve ends one read; there is data.
func (m *model) serve(r modelWait) {
	got, st := "", npfs.Success
	for first := true; len(m.writes) > 0 && (first || len(got) < r.size); first = false {
		w := &m.writes[0]
		k := min(r.size-len(got), len(w.left))
		got += w.left[:k]
		w.left = w.left[k:]
		if w.left != "" {
			if m.byMessage {
				st = npfs.BufferOverflow
			}
			break
		}
		if w.waits {
			m.results[w.id] = outcome{n: w.size}
		}
		m.writes = m.writes[1:]
		if m.byMessage {
			break
		}
	}
	m.results[r.id] = outcome{st, len(got), got}
}

// settle ends writes that fit and flushes whose writes were read.
func (m *model) settle() {
	sum := 0
	for i := range m.writes {
		w := &m.writes[i]
		if sum += len(w.left); w.waits && sum <= m.quota {
			w.waits = false
			m.results[w.id] = outcome{n: w.size}
		}
	}
	m.flushes = slices.DeleteFunc(m.flushes, func(f modelWait) bool {
		for _, w := range m.writes {
			if slices.Contains(f.for_, w.id) {
				return false
			}
		}
		m.results[f.id] = outcome{}
		return true
	})
}

func (m *model) flush(id int) {
	f := modelWait{id: id}
	for _, w := range m.writes {
		f.for_ = append(f.for_, w.id)
	}
	m.flushes = append(m.flushes, f)
	m.settle()
}

func (m *model) cancel(id int) {
	if _, over := m.results[id]; over {
		return
	}
	same := func(w modelWait) bool { return w.id == id }
	m.readers = slices.DeleteFunc(m.readers, same)
	m.flushes = slices.DeleteFunc(m.flushes, same)
	m.writes = slices.DeleteFunc(m.writes, func(w modelWrite) bool { return w.id == id })
	m.results[id] = outcome{st: npfs.Cancelled}
	m.settle()
}

// closeReader ends everything; closeWriter ends the reads, and what was written stays.
func (m *model) closeReader() {
	for _, w := range m.writes {
		if w.waits {
			m.results[w.id] = outcome{st: npfs.PipeBroken}
		}
	}
	m.writes = nil
	for _, f := range slices.Concat(m.readers, m.flushes) {
		m.results[f.id] = outcome{st: npfs.PipeBroken}
	}
}

// history is a pipe and its model, and the requests so far.
type history struct {
	check
	rnd  *rand.Rand
	w, r *npfs.End
	model
	ops   []*op
	kinds []byte
	steps []string
}

func TestRandomHistories(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	n := 3000
	if testing.Short() {
		n = 300
	}
	for i := range uint64(n) {
		if !t.Run(fmt.Sprintf("seed=%d", seed+i), func(t *testing.T) { oneHistory(t, seed+i) }) {
			t.Fatalf("run it again with -seed=%d", seed+i)
		}
	}
}

func oneHistory(t *testing.T, seed uint64) {
	h := &history{check: check{t}, rnd: rand.New(rand.NewPCG(seed, 1))}
	h.quota = h.rnd.IntN(12)
	h.messages = h.rnd.IntN(2) == 0
	h.results = make(map[int]outcome)
	server, client := h.pair(npfs.Config{Messages: h.messages, InQuota: h.quota, OutQuota: h.quota})
	h.w, h.r = server, client
	if h.rnd.IntN(2) == 0 {
		h.w, h.r = client, server
	}
	for range 60 {
		h.step()
		h.compare()
	}
	h.finish()
}

// log notes a step, for the report of a failure.
func (h *history) log(format string, args ...any) {
	h.steps = append(h.steps, fmt.Sprintf(format, args...))
}

func (h *history) begun(kind byte, o *op) {
	h.ops = append(h.ops, o)
	h.kinds = append(h.kinds, kind)
}

func (h *history) step() {
	id := len(h.ops)
	switch k := h.rnd.IntN(20); {
	case k < 8:
		data := text(30)[id%10:][:h.rnd.IntN(15)]
		h.log("%d: write %q", id, data)
		h.begun('w', write(h.w, data))
		h.model.write(id, data)
	case k < 15:
		size := h.rnd.IntN(15)
		h.log("%d: read %d", id, size)
		h.begun('r', read(h.r, size))
		h.model.read(id, size)
	case k == 15:
		h.log("%d: flush", id)
		h.begun('f', flush(h.w))
		h.model.flush(id)
	case k == 16 && h.messages:
		h.byMessage = !h.byMessage
		h.log("by message: %v", h.byMessage)
		mode := npfs.ReadBytes
		if h.byMessage {
			mode = npfs.ReadMessages
		}
		h.status(h.r.SetMode(mode, false), npfs.Success)
	case id > 0:
		i := h.rnd.IntN(id)
		h.log("cancel %d", i)
		e := h.w
		if h.kinds[i] == 'r' {
			e = h.r
		}
		e.Cancel(&h.ops[i].Request)
		h.model.cancel(i)
	}
}

// compare expects of the pipe what the model says.
func (h *history) compare() {
	h.Helper()
	unread := 0
	for _, w := range h.writes {
		unread += len(w.left)
	}
	if p, st := h.r.Peek(nil); (st == npfs.Success || st == npfs.BufferOverflow) && p.Available != unread {
		h.fail("%d bytes are unread, the model has %d", p.Available, unread)
	}
	for i, o := range h.ops {
		want, over := h.results[i]
		got := outcome{st: o.status, n: o.n}
		if h.kinds[i] == 'r' {
			got.data = string(o.buf[:o.n])
		}
		if over != (o.ended == 1) || o.ended > 1 || over && got != want {
			h.fail("request %d ended %d times: %+v; the model: %v %+v", i, o.ended, got, over, want)
		}
	}
}

func (h *history) fail(format string, args ...any) {
	h.Helper()
	for _, s := range h.steps {
		h.Log(s)
	}
	h.Fatalf(format, args...)
}

// finish closes both ends, in any order, and expects every request to be over.
func (h *history) finish() {
	if h.rnd.IntN(2) == 0 {
		h.log("close the writer")
		h.w.Close()
		for _, r := range h.readers {
			h.results[r.id] = outcome{st: npfs.PipeBroken}
		}
		h.readers = nil
		h.compare()
		for len(h.writes) > 0 {
			id, size := len(h.ops), 1+h.rnd.IntN(15)
			h.log("%d: read %d", id, size)
			h.begun('r', read(h.r, size))
			h.model.read(id, size)
			h.compare()
		}
	}
	h.log("close the reader, then the writer")
	h.r.Close()
	h.w.Close()
	h.closeReader()
	h.compare()
	if len(h.results) != len(h.ops) {
		h.fail("%d of %d requests are over", len(h.results), len(h.ops))
	}
}
