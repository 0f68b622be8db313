// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
)

func TestAssociateRefusesWhatIsNoEndpoint(t *testing.T) {
	p := newPort(t)
	closed := NewTCPConn()
	ok(t, closed.Close())
	for name, e := range map[string]Endpoint{"nil": nil, "nil file": (*File)(nil), "nil conn": (*TCPConn)(nil),
		"nil listener": (*TCPListener)(nil), "zero file": &File{}, "zero conn": &TCPConn{}, "closed conn": closed} {
		if err := p.Associate(e, nil); !errors.Is(err, ErrInvalidHandle) {
			t.Errorf("%s: %v; want ErrInvalidHandle", name, err)
		}
	}
	refuses(t, ErrInvalidHandle, syscall.EBADF)
}

func TestEndpointBelongsToOnePort(t *testing.T) {
	p, q := newPort(t), newPort(t)
	f := tempFile(t, p, []byte("content"))
	d, err := f.Duplicate()
	ok(t, err)
	defer d.Close()
	for _, e := range []*File{f, d} {
		refuses(t, p.Associate(e, "file"), ErrAlreadyAssociated, ErrInvalidParameter)
		refuses(t, q.Associate(e, "other"), ErrAlreadyAssociated)
		if e.Key() != "file" {
			t.Errorf("the key is %v", e.Key())
		}
		o := &op{}
		ok(t, e.Read(o, make([]byte, 7), 0))
		if c := expect(t, p, o, 7, nil); c.Key != "file" {
			t.Errorf("the packet's key is %v", c.Key)
		}
	}
	second := openFile(t, q, f.Name(), os.O_RDONLY) // another open file object (A14)
	o := &op{}
	ok(t, second.Read(o, make([]byte, 7), 0))
	expect(t, q, o, 7, nil)
}

func TestAssociationOutlivesThePort(t *testing.T) {
	p, q := newPort(t), newPort(t)
	f := tempFile(t, p, nil)
	ok(t, p.Close())
	refuses(t, q.Associate(f, nil), ErrAlreadyAssociated)
}

func TestOperationsNeedAPort(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/f"
	f, err := OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	ok(t, err)
	defer f.Close()
	if f.Key() != nil {
		t.Errorf("a file without port has the key %v", f.Key())
	}
	o := &op{}
	refuses(t, f.Read(o, make([]byte, 1), 0), ErrNotAssociated, ErrInvalidParameter)
	refuses(t, f.Sync(o), ErrNotAssociated)
	refuses(t, f.CancelAll(), ErrNotFound)
	refuses(t, f.Cancel(o), ErrNotFound)
	if o.InFlight() {
		t.Error("an operation that did not start is in flight")
	}
	ok(t, p.Associate(f, 1))
	ok(t, f.Sync(o))
	expect(t, p, o, 0, nil)
}

func TestOperationsNeedAnOperation(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, nil)
	c, _ := tcpPair(t, p)
	for _, err := range []error{f.Read(nil, nil, 0), f.Sync(nil), c.Recv(nil, nil), c.Send(nil, nil), f.Cancel(nil), c.Disconnect(nil)} {
		fails(t, p, err, ErrInvalidParameter)
	}
}

func TestMethodsOfNoEndpoint(t *testing.T) {
	o := &op{}
	for _, f := range []*File{nil, {}} {
		refuses(t, f.Read(o, nil, 0), ErrInvalidHandle)
		refuses(t, f.Write(o, nil, 0), ErrInvalidHandle)
		refuses(t, f.Sync(o), ErrInvalidHandle)
		_, err := f.Size()
		refuses(t, err, ErrInvalidHandle)
		if f.Name() != "" {
			t.Error("a file that is none has a name")
		}
	}
	for _, c := range []*TCPConn{nil, {}} {
		refuses(t, c.Recv(o, make([]byte, 1)), ErrInvalidHandle)
		refuses(t, c.SetNoDelay(true), ErrInvalidHandle)
		refuses(t, c.Shutdown(ShutdownBoth), ErrInvalidHandle)
		if c.LocalAddr() != nil || c.RemoteAddr() != nil {
			t.Error("a connection that is none has addresses")
		}
	}
	var l *TCPListener
	refuses(t, l.Accept(o, NewTCPConn()), ErrInvalidHandle)
	if l.Addr() != nil {
		t.Error("a listener that is none has an address")
	}
}

// TestAssociationLosesAgainstClose steps where an Associate may be when the last handle closes.
func TestAssociationLosesAgainstClose(t *testing.T) {
	p := newPort(t)
	tempFile(t, p, nil).Close()
	c := p.c
	ok(t, p.Close())
	f, err := OpenFile(os.DevNull, os.O_RDONLY, 0)
	ok(t, err)
	defer f.Close()
	if err := c.ensureEngine(); err != ErrClosed {
		t.Errorf("an engine for a closed port: %v; want ErrClosed", err)
	}
	if err := f.o.associate(c, nil); err != ErrClosed || f.o.port.Load() != nil {
		t.Errorf("an association with a closed port: %v; want ErrClosed", err)
	}
}

// TestAssociateWhilePortCloses: the loser of the race must not leave an endpoint with a port
// that nobody drives any more, nor an engine that nobody closes.
func TestAssociateWhilePortCloses(t *testing.T) {
	newPort(t) // its leak check is meant
	for range 300 {
		p, err := NewPort(Config{})
		ok(t, err)
		near, far := netPair(t)
		c, err := AdoptTCPConn(near)
		ok(t, err)
		var wg sync.WaitGroup
		wg.Go(func() { p.Close() })
		err = p.Associate(c, nil)
		wg.Wait()
		if err == nil {
			checkServed(t, c, far)
		} else if err != ErrClosed {
			t.Fatalf("Associate gave %v", err)
		}
		ok(t, c.Close())
		far.Close()
	}
}

// checkServed sends a byte over a connection whose port is closed.
func checkServed(t *testing.T, c *TCPConn, far *net.TCPConn) {
	t.Helper()
	o := &op{}
	ok(t, c.Send(o, []byte("x")))
	if _, err := far.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the result of a send", func() bool {
		n, err := o.Result()
		return n == 1 && err == nil && !o.InFlight()
	})
}
