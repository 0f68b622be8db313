// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"iocp"
)

// world is where the endpoints of the rules are, and their other ends: on this machine, or on a
// simulated one.
type world interface {
	listenTCP() (*iocp.TCPListener, error)
	newTCPConn() *iocp.TCPConn
	newSocket(typ int) (*iocp.Socket, error)
	openFile(name string, flag int) (*iocp.File, error)

	listen() (net.Listener, error)
	dial(addr string) (net.Conn, error)
	adopt(c net.Conn) (*iocp.TCPConn, error)
	writeFile(name string, content []byte) error
	readFile(name string) ([]byte, error)

	// limits are those of the world beside those of the engine, in the same form.
	limits() map[string]string
}

const anyPort = "127.0.0.1:0"

// here is this machine.
type here struct{}

func (here) listenTCP() (*iocp.TCPListener, error) { return iocp.ListenTCP("tcp", anyPort) }
func (here) newTCPConn() *iocp.TCPConn             { return iocp.NewTCPConn() }

func (here) newSocket(typ int) (*iocp.Socket, error) {
	return iocp.NewSocket(syscall.AF_INET, typ, 0)
}

func (here) openFile(name string, flag int) (*iocp.File, error) {
	return iocp.OpenFile(name, flag, 0o600)
}

func (here) listen() (net.Listener, error)           { return net.Listen("tcp", anyPort) }
func (here) dial(addr string) (net.Conn, error)      { return net.DialTimeout("tcp", addr, stepLimit) }
func (here) adopt(c net.Conn) (*iocp.TCPConn, error) { return iocp.AdoptTCPConn(c) }
func (here) readFile(name string) ([]byte, error)    { return os.ReadFile(name) }
func (here) limits() map[string]string               { return nil }

func (here) writeFile(name string, content []byte) error {
	return os.WriteFile(name, content, 0o600)
}

// simulated is a machine of [NewSim].
type simulated struct{ *Sim }

func (w simulated) listenTCP() (*iocp.TCPListener, error) { return w.ListenTCP("tcp", anyPort) }
func (w simulated) newTCPConn() *iocp.TCPConn             { return w.NewTCPConn() }

func (w simulated) newSocket(typ int) (*iocp.Socket, error) {
	return w.NewSocket(syscall.AF_INET, typ, 0)
}

func (w simulated) openFile(name string, flag int) (*iocp.File, error) {
	return w.OpenFile(name, flag, 0o600)
}

func (w simulated) listen() (net.Listener, error) { return w.Listen(anyPort) }

func (w simulated) dial(addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), stepLimit)
	defer cancel()
	return w.Dial(ctx, addr)
}

func (w simulated) adopt(net.Conn) (*iocp.TCPConn, error) { return nil, errors.ErrUnsupported }
func (w simulated) readFile(name string) ([]byte, error)  { return w.ReadFile(name) }

func (w simulated) writeFile(name string, content []byte) error {
	w.WriteFile(name, content)
	return nil
}

func (w simulated) limits() map[string]string {
	limits := map[string]string{}
	if w.faults.Deferred > 0 || w.faults.Reorder > 0 {
		limits["D08/unseen"] = "a completion that the machine holds back has not arrived"
	}
	if w.faults.Delay > 0 {
		limits["I12"] = "a datagram that is delayed is overtaken by the next"
	}
	return limits
}
