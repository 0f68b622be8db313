// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io/fs"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"sync/atomic"

	"iocp"
)

// A13: one port per file, until the file is closed; the first association stays.
func associateOnce(s *scene) {
	p, q := s.port(1), s.port(1)
	c, far := s.conn(p, 1)
	for _, again := range []struct {
		p   *iocp.Port
		key any
	}{{p, 1}, {p, 2}, {q, 1}, {s.port(1), nil}} {
		err := again.p.Associate(c, again.key)
		s.check(errors.Is(err, iocp.ErrAlreadyAssociated), "a second association: %v, want ErrAlreadyAssociated", err)
		s.check(errors.Is(err, iocp.ErrInvalidParameter), "%v does not match ErrInvalidParameter", err)
	}
	s.check(c.Key() == 1, "the key is %v, want that of the first association", c.Key())
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.none(p)
	s.none(q)
}

// A13: of two that try at the same time one succeeds.
func associateTogether(s *scene) {
	p, q := s.port(1), s.port(1)
	v, w := s.worker("V"), s.worker("W")
	for range 50 {
		f := s.open(s.path("abc"), os.O_RDONLY)
		var errs [2]error
		var ready, done atomic.Int32
		try := func(i int, to *iocp.Port) func() {
			return func() {
				ready.Add(1)
				for ready.Load() < 2 {
					runtime.Gosched()
				}
				errs[i] = to.Associate(f, i)
				done.Add(1)
			}
		}
		v.do(try(0, p))
		w.do(try(1, q))
		s.until(func() bool { return done.Load() == 2 }, "both have tried")
		won, lost := slices.Index(errs[:], nil), slices.IndexFunc(errs[:], func(err error) bool { return errors.Is(err, iocp.ErrAlreadyAssociated) })
		s.check(won >= 0 && lost >= 0, "two associations at the same time: %v", errs)
		s.check(f.Key() == won, "the key is %v, want %v", f.Key(), won)
		var o op
		s.must(f.Read(&o, make([]byte, 8), 0), "Read")
		s.expect([]*iocp.Port{p, q}[won], &o, won, 3, nil)
	}
}

// A14: duplicates are one file.
func associateDuplicate(s *scene) {
	p, q := s.port(1), s.port(1)
	c, _ := s.conn(p, 1)
	d, err := c.Duplicate()
	s.must(err, "duplicating a connection")
	s.later(func() { d.Close() })
	f := s.file(p, 2, "")
	g, err := f.Duplicate()
	s.must(err, "duplicating a file")
	s.later(func() { g.Close() })
	for _, e := range []iocp.Endpoint{d, g} {
		err = q.Associate(e, 3)
		s.check(errors.Is(err, iocp.ErrAlreadyAssociated), "associating a duplicate %T: %v, want ErrAlreadyAssociated", e, err)
	}
	s.check(d.Key() == 1 && g.Key() == 2, "the duplicates have the keys %v and %v, want 1 and 2", d.Key(), g.Key())
}

// A14: a second open of the same path is another file, and may have another port.
func associateSecondOpen(s *scene) {
	p, q := s.port(1), s.port(1)
	f := s.file(p, 1, "abc")
	g := s.open(f.Name(), os.O_RDWR)
	s.associate(q, g, 2)
	var o1, o2 op
	s.must(g.Read(&o2, make([]byte, 3), 0), "Read")
	s.expect(q, &o2, 2, 3, nil)
	s.none(p)
	s.must(f.Read(&o1, make([]byte, 3), 0), "Read")
	s.expect(p, &o1, 1, 3, nil)
	s.none(q)
}

// A16: the association outlives the port.
func associationSurvivesPort(s *scene) {
	p, q := s.port(1), s.port(1)
	c, _ := s.conn(p, 1)
	s.must(p.Close(), "closing the port")
	err := q.Associate(c, 2)
	s.check(errors.Is(err, iocp.ErrAlreadyAssociated), "associating after the first port was closed: %v, want ErrAlreadyAssociated", err)
}

// A23: a connected stream socket.
func associateConnected(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Send(&o, []byte("abc")), "Send")
	s.expect(p, &o, 1, 3, nil)
	s.read(far, "abc")
}

// A23: a listening socket.
func associateListening(s *scene) {
	p := s.port(1)
	l, addr := s.listener()
	s.associate(p, l, 1)
	var o op
	s.must(l.Accept(&o, s.unconnected()), "Accept")
	s.dial(addr)
	s.expect(p, &o, 1, 0, nil)
}

// A23: a socket that is neither bound nor connected yet.
func associateUnconnected(s *scene) {
	p := s.port(1)
	c := s.unconnected()
	s.associate(p, c, 1)
	var o op
	s.must(c.Connect(&o, addrPort(s.loopback().Addr()), nil), "Connect")
	s.expect(p, &o, 1, 0, nil)
}

// A24: a closed socket is an invalid handle.
func associateClosedSocket(s *scene) {
	p := s.port(1)
	c, _ := s.pair()
	l, _ := s.listener()
	u := s.unconnected()
	s.must(c.Close(), "closing a connection")
	s.must(l.Close(), "closing a listener")
	s.must(u.Close(), "closing an unconnected socket")
	for _, e := range []iocp.Endpoint{c, l, u} {
		err := p.Associate(e, 1)
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "associating a closed %T: %v, want ErrInvalidHandle", e, err)
	}
	works(s, p)
}

// keys are values of every sort that a program may want to find its state with.
func keys() []any {
	type session struct{ id int }
	return []any{
		nil, 0, uint32(math.MaxUint32), uint64(1) << 31, uint64(1) << 32, uint64(math.MaxUint64),
		uintptr(0xdeadbeef), "", "key", session{1}, &session{2}, math.Copysign(0, -1), [2]int{1, 2},
	}
}

// A27: the key comes back unchanged, from an operation as from a post.
func keysVerbatim(s *scene) {
	p := s.port(1)
	f := s.path("abc")
	for _, key := range keys() {
		s.must(p.Post(iocp.Completion{Key: key}), "posting")
		s.expect(p, nil, key, 0, nil)
		e := s.open(f, os.O_RDONLY)
		s.associate(p, e, key)
		var o op
		s.must(e.Read(&o, make([]byte, 3), 0), "Read")
		s.expect(p, &o, key, 3, nil)
	}
	slice := []byte("keys need not be comparable")
	s.must(p.Post(iocp.Completion{Key: slice}), "posting")
	got, ok := s.next(p).Key.([]byte)
	s.check(ok && &got[0] == &slice[0], "the key is %v, want the very slice that was posted", got)
}

// A28: the key is only carried: files may share one, also the zero one.
func keysNeedNotDiffer(s *scene) {
	p := s.port(1)
	for _, key := range []any{"same", nil} {
		f, g := s.file(p, key, "a"), s.file(p, key, "bc")
		var o1, o2 op
		s.must(f.Read(&o1, make([]byte, 2), 0), "Read")
		s.expect(p, &o1, key, 1, nil)
		s.must(g.Read(&o2, make([]byte, 2), 0), "Read")
		s.expect(p, &o2, key, 2, nil)
	}
}

// A32: several files on one port, of every kind.
func severalFiles(s *scene) {
	p := s.port(1)
	c, _ := s.conn(p, "conn")
	d, _ := s.conn(p, "another conn")
	f := s.file(p, "file", "abc")
	l, addr := s.listener()
	s.associate(p, l, "listener")
	want := map[any]iocp.Op{}
	start := func(key any, o *op, err error) {
		s.must(err, "starting on the "+key.(string))
		want[key] = o
	}
	ops := make([]op, 4)
	buf := []byte("xyz")
	start("conn", &ops[0], c.Send(&ops[0], buf))
	start("another conn", &ops[1], d.Send(&ops[1], buf))
	start("file", &ops[2], f.Read(&ops[2], make([]byte, 3), 0))
	start("listener", &ops[3], l.Accept(&ops[3], s.unconnected()))
	s.dial(addr)
	for len(want) > 0 {
		k := s.next(p)
		s.check(k.Op != nil && want[k.Key] == k.Op && k.Err == nil, "unexpected packet %v; still missing: %v", k, want)
		delete(want, k.Key)
	}
	s.none(p)
}

// A33: a port lives as long as one handle does.
func handlesKeepPort(s *scene) {
	p := s.port(1)
	q, err := p.Duplicate()
	s.must(err, "duplicating the port")
	s.keep(q)
	c, far := s.conn(p, 1)
	s.must(p.Close(), "closing the first handle")
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.expect(q, &o, 1, 3, nil)
}

// A33: an associated file keeps what it needs of the port: operations go on (see J13), and
// may be started, after the last handle is closed.
func filesOutlivePort(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	s.must(p.Close(), "closing the port")
	var o op
	buf := make([]byte, 8)
	s.must(f.Read(&o, buf, 0), "Read after the port was closed")
	s.dropped(&o)
	n, err := o.Result()
	s.check(n == 3 && err == nil && string(buf[:3]) == "abc", "the read gives %d, %v and %q", n, err, buf[:3])
}

// A34: in Go an operation is started on an associated file or not at all.
func associateAfterStart(s *scene) {
	p := s.port(1)
	c, far := s.pair()
	var o op
	s.refused(c.Recv(&o, make([]byte, 8)), &o, iocp.ErrNotAssociated)
	s.write(far, "abc")
	s.associate(p, c, 1)
	s.none(p)
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.expect(p, &o, 1, 3, nil)
	s.skip("the rest: package iocp refuses an operation on a file that is not associated (ErrNotAssociated), so none can be pending when it is")
}

// A38: the second Close of the same handle fails, whatever the handle is of.
func closeTwice(s *scene) {
	p := s.port(1)
	s.must(p.Close(), "closing the port")
	err := p.Close()
	s.check(errors.Is(err, iocp.ErrClosed), "closing the port again: %v, want ErrClosed", err)

	c, _ := s.pair()
	l, _ := s.listener()
	f := s.open(s.path(""), os.O_RDWR)
	for _, h := range []struct {
		e      interface{ Close() error }
		closed error
	}{{c, net.ErrClosed}, {l, net.ErrClosed}, {s.unconnected(), net.ErrClosed}, {f, fs.ErrClosed}} {
		s.must(h.e.Close(), "closing")
		err := h.e.Close()
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "closing a %T again: %v, want ErrInvalidHandle", h.e, err)
		s.check(errors.Is(err, h.closed), "closing a %T again: %v, want it to match %v too", h.e, err, h.closed)
	}
}
