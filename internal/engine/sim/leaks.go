// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"

	"iocp/internal/sys"
)

// Leaks says what is left on the machine: open descriptors, engines that are not closed, operations
// in flight. Nothing may be using it meanwhile.
func (m *Machine) Leaks() (left []string) {
	m.Lock()
	defer m.Unlock()
	for i, n := range m.nodes {
		if n != nil {
			left = append(left, fmt.Sprintf("descriptor %d is open: %s", firstFD+i, n.describe()))
		}
	}
	for _, e := range m.engines {
		left = append(left, fmt.Sprintf("engine %d is not closed and has %d operations in flight", e.stream, e.table.InFlight()))
	}
	return left
}

func (n *node) describe() string {
	if n.file != nil {
		return "the file " + n.file.name
	}
	s := n.sock
	switch {
	case s.typ == typePipe:
		return "one end of a pipe"
	case s.typ == sys.SockDgram:
		return fmt.Sprintf("a socket for datagrams at %v", s.local)
	case s.state == listening:
		return fmt.Sprintf("a listening socket at %v", s.local)
	case s.state == connected:
		return fmt.Sprintf("a connection from %v to %v", s.local, s.remote)
	}
	return "a socket that is not connected"
}
