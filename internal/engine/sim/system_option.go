// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "iocp/internal/sys"

// Option reads an option of a socket.
func (s system) Option(fd int32, o sys.Option) (value int, errno sys.Errno) {
	errno = s.socket("option", fd, func(k *sock) (errno sys.Errno) {
		value, errno = k.option(o)
		return errno
	})
	return value, errno
}

func (s *sock) option(o sys.Option) (int, sys.Errno) {
	switch o {
	case sys.SocketError:
		return int(s.takeError()), 0
	case sys.Listening:
		if s.state == listening {
			return 1, 0
		}
		return 0, 0
	case sys.Type:
		return s.typ, 0
	case sys.Domain:
		return s.family, 0
	case sys.Protocol:
		return s.kind, 0
	}
	if int(o) >= len(s.options) {
		return 0, sys.ENOPROTOOPT
	}
	return s.options[o], 0
}

// SetOption sets an option. Sizes of buffers count at once; whatever has no meaning here is kept and
// told again.
func (s system) SetOption(fd int32, o sys.Option, value int) sys.Errno {
	return s.socket("set", fd, func(k *sock) sys.Errno {
		if o >= sys.SocketError {
			return sys.ENOPROTOOPT
		}
		k.options[o] = value
		if o == sys.RecvBuffer && k.rx != nil {
			k.rx.window = max(value, minWindow)
			k.makeRoom(s.m)
		}
		return 0
	})
}
