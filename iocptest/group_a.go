// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"runtime"

	"iocp"
)

// groupA: creation and association. See group_a_associate.go for what an association is.
var groupA = []rule{
	{id: "A01", run: createOnly},
	{id: "A02", run: cannot("Go's types rule it out: NewPort takes no key")},
	{id: "A03", run: cannot("Go's types rule it out: an Endpoint has no value that means 'no file'; for nil see A07")},
	{id: "A04", run: associateWithExisting},
	{id: "A05", run: cannot("Go's types rule it out: creating (NewPort) and associating (Associate) are two calls")},
	{id: "A06", run: failureReturnsNil},
	{id: "A07", part: "nil", run: associateNil},
	{id: "A07", part: "typed-nil", run: associateTypedNil},
	{id: "A08", part: "closed", run: associateClosedFile},
	{id: "A08", part: "zero-value", run: associateZeroValue},
	{id: "A09", run: associateWithClosedPort},
	{id: "A10", run: cannot("Go's types rule it out: only a *Port has the method Associate")},
	{id: "A11", run: endpointsOnly},
	{id: "A13", part: "again", run: associateOnce},
	{id: "A13", part: "together", run: associateTogether},
	{id: "A14", part: "duplicate", run: associateDuplicate},
	{id: "A14", part: "second-open", run: associateSecondOpen},
	{id: "A15", run: failedAssociateLeaksNothing},
	{id: "A16", run: associationSurvivesPort},
	{id: "A20", run: associateDirectory},
	{id: "A22", run: associateNullDevice},
	{id: "A23", part: "connected", run: associateConnected},
	{id: "A23", part: "listening", run: associateListening},
	{id: "A23", part: "unconnected", run: associateUnconnected},
	{id: "A23", part: "datagram", run: associateDatagrams},
	{id: "A24", run: associateClosedSocket},
	{id: "A25", run: associateAnyAccess},
	{id: "A27", run: keysVerbatim},
	{id: "A28", run: keysNeedNotDiffer},
	{id: "A29", part: "zero", run: concurrencyZero},
	{id: "A29", part: "values", run: concurrencyValues},
	{id: "A30", run: cannot("Go's types rule it out: Associate takes no concurrency value")},
	{id: "A32", run: severalFiles},
	{id: "A33", part: "handles", run: handlesKeepPort},
	{id: "A33", part: "files", run: filesOutlivePort},
	{id: "A34", run: associateAfterStart},
	{id: "A35", run: cannot("package iocp has no call that replaces or removes an association")},
	{id: "A36", part: "plain", run: func(s *scene) { manyPorts(s, 3000, false) }},
	{id: "A36", part: "associated", run: func(s *scene) { manyPorts(s, 20, true) }},
	{id: "A37", run: cannot("Go's types rule it out: a port is a pointer, not a number with spare bits")},
	{id: "A38", run: closeTwice},
}

// A01: creating needs no file; the port is empty and works.
func createOnly(s *scene) {
	p := s.port(1)
	s.check(p != nil, "NewPort returns neither a port nor an error")
	s.check(p.Len() == 0, "a new port holds %d packets", p.Len())
	s.counts(p, 0, 0, 0)
	s.check(p.Engine() == "", "a port without files names the engine %q", p.Engine())
	s.post(p, 7)
	s.expect(p, nil, 7, 0, nil)
	s.none(p)
}

// A04: an association with an existing port: the packets go there, with the key.
func associateWithExisting(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "key")
	s.check(c.Key() == "key", "Key says %v after the association", c.Key())
	s.check(p.Engine() != "", "a port with a file names no engine")
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "hello")
	s.expect(p, &o, "key", 5, nil)
}

// A06: a failure gives no port, and says why.
func failureReturnsNil(s *scene) {
	p, err := s.newPort(iocp.Config{Concurrency: -1})
	s.check(errors.Is(err, iocp.ErrInvalidParameter), "NewPort with a negative concurrency value: %v, want ErrInvalidParameter", err)
	s.check(p == nil, "NewPort fails (%v) and returns a port", err)
}

// works checks that a failed association has left p as it was.
func works(s *scene, p *iocp.Port) {
	s.t.Helper()
	s.post(p, 1)
	s.expect(p, nil, 1, 0, nil)
	s.none(p)
	_, _ = s.conn(p, 2)
}

// A07: no file at all is an invalid handle; the port stays usable.
func associateNil(s *scene) {
	p := s.port(1)
	err := p.Associate(nil, 1)
	s.check(errors.Is(err, iocp.ErrInvalidHandle), "Associate(nil): %v, want ErrInvalidHandle", err)
	works(s, p)
}

// A07: a nil pointer to an endpoint is no file either.
func associateTypedNil(s *scene) {
	p := s.port(1)
	for _, e := range []iocp.Endpoint{(*iocp.File)(nil), (*iocp.TCPConn)(nil), (*iocp.TCPListener)(nil)} {
		err := p.Associate(e, 1)
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "Associate(%T(nil)): %v, want ErrInvalidHandle", e, err)
	}
	works(s, p)
}

// A08: a closed file.
func associateClosedFile(s *scene) {
	p := s.port(1)
	f := s.open(s.path(""), os.O_RDWR)
	s.must(f.Close(), "closing the file")
	err := p.Associate(f, 1)
	s.check(errors.Is(err, iocp.ErrInvalidHandle), "associating a closed file: %v, want ErrInvalidHandle", err)
	works(s, p)
}

// A08: an endpoint that nothing has ever been opened for.
func associateZeroValue(s *scene) {
	p := s.port(1)
	for _, e := range []iocp.Endpoint{new(iocp.File), new(iocp.TCPListener)} {
		err := p.Associate(e, 1)
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "associating a new(%T): %v, want ErrInvalidHandle", e, err)
	}
	works(s, p)
}

// A09: a closed port; the file stays free for another one.
func associateWithClosedPort(s *scene) {
	p, q := s.port(1), s.port(1)
	c, far := s.pair()
	s.must(p.Close(), "closing the port")
	err := p.Associate(c, 1)
	s.check(errors.Is(err, iocp.ErrClosed), "associating with a closed port: %v, want ErrClosed", err)
	s.associate(q, c, 2)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.expect(q, &o, 2, 3, nil)
}

// A11: what is no endpoint cannot be associated, a port least of all.
func endpointsOnly(s *scene) {
	for _, v := range []any{new(iocp.Port), new(iocp.Pool), new(op), os.Stdin, new(net.TCPConn)} {
		_, is := v.(iocp.Endpoint)
		s.check(!is, "%T can be associated", v)
	}
	for _, v := range []any{new(iocp.File), new(iocp.TCPConn), new(iocp.TCPListener)} {
		_, is := v.(iocp.Endpoint)
		s.check(is, "%T cannot be associated", v)
	}
}

// A15: creating and then failing to associate leaves nothing behind; the look for leaks at
// the end of every rule sees it a hundred times over.
func failedAssociateLeaksNothing(s *scene) {
	f := s.open(s.path(""), os.O_RDWR)
	s.must(f.Close(), "closing the file")
	before := takeInventory()
	for range 100 {
		p, err := s.newPort(iocp.Config{Concurrency: 1})
		s.must(err, "creating a port")
		err = p.Associate(f, 1)
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "associating a closed file: %v, want ErrInvalidHandle", err)
		s.must(p.Close(), "closing the port")
	}
	var n int
	var files []string
	gone := s.eventually(stepLimit, func() bool {
		n, files = before.leaks(takeInventory())
		return n == 0 && len(files) == 0
	})
	s.check(gone, "100 ports that a file could not be associated with leave %d goroutines and the descriptors %v", n, files)
}

// A20: a directory is accepted.
func associateDirectory(s *scene) {
	p := s.port(1)
	f := s.open(s.t.TempDir(), os.O_RDONLY)
	s.associate(p, f, 1)
	s.check(f.Key() == 1, "Key says %v", f.Key())
}

// A22: the null device: writing succeeds, reading is at the end of the file.
func associateNullDevice(s *scene) {
	p := s.port(1)
	f := s.open(os.DevNull, os.O_RDWR)
	s.associate(p, f, 9)
	var w, r op
	s.must(f.Write(&w, []byte("abc"), 0), "Write")
	s.expect(p, &w, 9, 3, nil)
	s.must(f.Read(&r, make([]byte, 3), 0), "Read")
	s.expect(p, &r, 9, 0, io.EOF)
}

// A25: no particular access is needed.
func associateAnyAccess(s *scene) {
	p := s.port(1)
	name := s.path("abc")
	r, w := s.open(name, os.O_RDONLY), s.open(name, os.O_WRONLY)
	s.associate(p, r, "reader")
	s.associate(p, w, "writer")
	var o1, o2 op
	s.must(r.Read(&o1, make([]byte, 3), 0), "Read")
	s.expect(p, &o1, "reader", 3, nil)
	s.must(w.Write(&o2, []byte("xy"), 0), "Write")
	s.expect(p, &o2, "writer", 2, nil)
}

// A29: 0 means the number of processors, as it is when the port is created.
func concurrencyZero(s *scene) {
	p, err := s.newPort(iocp.Config{})
	s.must(err, "creating a port")
	s.keep(p)
	s.check(p.Concurrency() == runtime.NumCPU(), "the default concurrency value is %d, want %d", p.Concurrency(), runtime.NumCPU())
}

// A29: every value is accepted that Windows could be given and Go has in an int everywhere.
func concurrencyValues(s *scene) {
	for _, n := range []int{1, 2, 64, math.MaxInt32} {
		p := s.port(n)
		s.check(p.Concurrency() == n, "the concurrency value is %d, want %d", p.Concurrency(), n)
		s.post(p, n)
		s.expect(p, nil, n, 0, nil)
	}
}

// A36: there is no limit to the number of ports. That none leaks is seen at the end.
func manyPorts(s *scene, n int, associated bool) {
	ports := make([]*iocp.Port, n)
	for i := range ports {
		ports[i] = s.port(1)
		s.post(ports[i], i)
		if associated {
			c, _ := s.conn(ports[i], i)
			s.must(c.Send(&op{}, []byte("x")), "Send")
		}
	}
	for i, p := range ports {
		s.expect(p, nil, i, 0, nil)
		if associated {
			c := s.next(p)
			s.check(c.Key == i && c.Bytes == 1, "port %d gives the packet %v", i, c)
		}
	}
	for _, p := range ports {
		s.must(p.Close(), "closing a port")
	}
}
