// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Space is a namespace of pipes and mailslots. Names are compared without regard to case. The
// zero value is an empty space. All methods may be called concurrently.
type Space struct {
	mu    sync.Mutex // taken before the lock of an instance
	pipes map[string]*pipe
	slots map[string]*Mailslot
}

// pipe is a name and what all its instances have in common; the lock of the space protects it.
type pipe struct {
	space *Space
	name  string
	Config
	instances int
	listening []*instance // in the order in which they began to listen
	waiters   []chan Status
}

// Direction says which way data may flow; the zero value is both.
type Direction uint8

// The directions of a pipe.
const (
	Duplex   Direction = iota
	Inbound            // from the client to the server
	Outbound           // from the server to the client
)

// ReadMode says what a read takes.
type ReadMode uint8

// The read modes.
const (
	ReadBytes    ReadMode = iota // what there is
	ReadMessages                 // from one message
)

// Unlimited as the number of instances means that there may be any number.
const Unlimited = 255

// Config is the properties of a pipe and of its server's end.
type Config struct {
	Messages  bool // the pipe is of message type
	Direction Direction
	Mode      ReadMode // of the server's end
	NoWait    bool     // the server's end does not wait (PIPE_NOWAIT)
	First     bool     // fail if the name exists
	Max       int      // number of instances, 1 to Unlimited
	OutQuota  int      // bytes that may be unread from the server to the client
	InQuota   int      // and from the client to the server
	Timeout   time.Duration
}

func (c *Config) valid() bool {
	return c.Max >= 1 && c.Max <= Unlimited && c.OutQuota >= 0 && c.InQuota >= 0 &&
		(c.Messages || c.Mode == ReadBytes)
}

// Create makes an instance of the pipe called name and returns the server's end, which
// listens. Only the first instance decides about type, direction, number of instances and
// timeout; for the others the type and the direction must be the same.
func (s *Space) Create(name string, c Config) (*End, Status) {
	if name == "" {
		return nil, NameInvalid
	}
	if !c.valid() {
		return nil, InvalidParameter
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, st := s.claim(name, c)
	if st != Success {
		return nil, st
	}
	p.instances++
	in := newInstance(p, c)
	in.state = Listening
	p.listen(in)
	return in.server, Success
}

// claim finds or makes the pipe. That all instances exist is said before anything else is.
func (s *Space) claim(name string, c Config) (*pipe, Status) {
	key := strings.ToLower(name)
	p := s.pipes[key]
	switch {
	case p == nil:
		p = &pipe{space: s, name: key, Config: c}
		if s.pipes == nil {
			s.pipes = make(map[string]*pipe)
		}
		s.pipes[key] = p
	case p.Max < Unlimited && p.instances >= p.Max:
		return nil, InstanceLimit
	case c.First || c.Messages != p.Messages || c.Direction != p.Direction:
		return nil, AccessDenied
	}
	return p, Success
}

// listen appends in to the instances a client can get, and tells who waits for one.
func (p *pipe) listen(in *instance) {
	p.listening = append(p.listening, in)
	p.wake(Success)
}

func (p *pipe) wake(s Status) {
	for _, w := range p.waiters {
		w <- s
	}
	p.waiters = nil
}

// deaf takes in out of the listening instances, if it is there.
func (p *pipe) deaf(in *instance) {
	if i := slices.Index(p.listening, in); i >= 0 {
		p.listening = slices.Delete(p.listening, i, i+1)
	}
}

// drop counts an instance down; with the last one the name goes, though clients may still
// have their ends open.
func (p *pipe) drop() {
	p.instances--
	if p.instances == 0 {
		delete(p.space.pipes, p.name)
		p.wake(NameNotFound)
	}
}

// Open connects a client to the instance that has listened longest and returns the client's
// end. read and write say what the client wants to do; the pipe's direction may forbid it.
func (s *Space) Open(name string, read, write bool) (*End, Status) {
	s.mu.Lock()
	p := s.pipes[strings.ToLower(name)]
	st := p.admits(read, write)
	if st != Success {
		s.mu.Unlock()
		return nil, st
	}
	in := p.listening[0]
	p.deaf(in)
	var out batch
	in.mu.Lock()
	c := in.connect(read, write, &out)
	in.mu.Unlock()
	s.mu.Unlock()
	out.tell()
	return c, Success
}

func (p *pipe) admits(read, write bool) Status {
	switch {
	case p == nil:
		return NameNotFound
	case read && p.Direction == Inbound, write && p.Direction == Outbound:
		return AccessDenied
	case len(p.listening) == 0:
		return NotAvailable
	}
	return Success
}

// Forever as a time limit means none.
const Forever time.Duration = -1

// Wait blocks until an instance of the pipe listens; nothing reserves it for the caller. The
// time limit zero means the one the pipe was created with.
func (s *Space) Wait(name string, limit time.Duration) Status {
	s.mu.Lock()
	p := s.pipes[strings.ToLower(name)]
	if p == nil || len(p.listening) > 0 {
		s.mu.Unlock()
		if p == nil {
			return NameNotFound
		}
		return Success
	}
	w := make(chan Status, 1)
	p.waiters = append(p.waiters, w)
	if limit == 0 {
		limit = p.Timeout
	}
	s.mu.Unlock()
	return s.await(p, w, limit)
}

func (s *Space) await(p *pipe, w chan Status, limit time.Duration) Status {
	if limit < 0 {
		return <-w
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case st := <-w:
		return st
	case <-t.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(p.waiters, w); i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
		return IOTimeout
	}
	return <-w
}

// Pair returns the two ends of a pipe without a name, of byte type: one only reads, the other
// only writes. At most quota bytes may be unread.
func Pair(quota int) (reader, writer *End) {
	var s Space
	reader, _ = s.Create("pair", Config{Direction: Inbound, Max: 1, InQuota: max(quota, 0)})
	writer, _ = s.Open("pair", false, true)
	return reader, writer
}
