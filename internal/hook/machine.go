// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package hook

import (
	"os"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// The functions below make ports and endpoints on a machine other than the one that the program
// runs on. They are set by package iocp, and what they return has its types. Everything else is done
// with the methods that these have: the port's engine and the endpoints' system have the same
// descriptors. An endpoint of one machine cannot be used with a port or an endpoint of another.
//
// A System is compared with ==, so it should be a pointer.

// NewPort makes an *iocp.Port for the endpoints of machine s as iocp.NewPort does. cfg is an
// iocp.Config, whose Engine is not looked at; makeEngine is called once, when the first endpoint is
// associated, and again if it failed.
var NewPort func(s sys.System, cfg any, makeEngine func() (engine.Engine, error)) (port any, err error)

// ListenTCP makes an *iocp.TCPListener on s as iocp.ListenTCP does. Names are looked up by the real
// system: with a numeric address none has to be.
var ListenTCP func(s sys.System, network, address string) (listener any, err error)

// NewTCPConn makes an *iocp.TCPConn on s as iocp.NewTCPConn does.
var NewTCPConn func(s sys.System) (conn any)

// NewSocket makes an *iocp.Socket on s as iocp.NewSocket does.
var NewSocket func(s sys.System, family, typ, proto int) (socket any, err error)

// OpenFile makes an *iocp.File on s as iocp.OpenFile does.
var OpenFile func(s sys.System, name string, flag int, perm os.FileMode) (file any, err error)
