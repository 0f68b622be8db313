// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"iocp/internal/engine"
	sys "iocp/internal/sys/uring"
)

// opInvalid is an opcode no kernel has. An operation of an unknown kind is given to
// the kernel with it and ends with -EINVAL like any other that the kernel does not like.
const opInvalid = 255

// opcodes of the kinds.
var opcodes = [...]uint8{
	engine.Nop:      sys.OpNop,
	engine.Read:     sys.OpRead,
	engine.Write:    sys.OpWrite,
	engine.Readv:    sys.OpReadv,
	engine.Writev:   sys.OpWritev,
	engine.Recv:     sys.OpRecv,
	engine.Send:     sys.OpSend,
	engine.RecvMsg:  sys.OpRecvMsg,
	engine.SendMsg:  sys.OpSendMsg,
	engine.Accept:   sys.OpAccept,
	engine.Connect:  sys.OpConnect,
	engine.Shutdown: sys.OpShutdown,
	engine.Sync:     sys.OpFsync,
	engine.Poll:     sys.OpPollAdd,
	engine.Close:    sys.OpClose,
}

// encode fills the cleared entry s with op. A field that a kind does not use stays zero:
// the kernel refuses many of them otherwise. Addr becomes a number here; the table
// keeps its memory alive, and Go's heap does not move. Recv and Send are put's own.
func encode(s *sys.SQE, op *engine.Op) {
	if int(op.Kind) >= len(opcodes) {
		s.Opcode = opInvalid
		return
	}
	s.Opcode, s.FD = opcodes[op.Kind], op.FD
	switch op.Kind {
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		s.Addr, s.Len, s.OpFlags = address(op), op.Len, op.Flags
		s.Off = uint64(op.Off)
	case engine.RecvMsg, engine.SendMsg:
		s.Addr, s.Len, s.OpFlags = address(op), 1, op.Flags
	case engine.Accept, engine.Sync:
		s.OpFlags = op.Flags
	case engine.Connect:
		s.Addr, s.Off = address(op), uint64(op.Off)
	case engine.Shutdown:
		s.Len = op.Len
	case engine.Poll:
		s.OpFlags = sys.PollEvents(op.Flags)
	}
}

func address(op *engine.Op) uint64 { return uint64(uintptr(op.Addr)) }
