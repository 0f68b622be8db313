// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"fmt"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines.
func TestEngine(t *testing.T) { enginetest.Run(t, config(Options{})) }

// The same, where files are sent by TransmitFile although it is better left alone there.
func TestSendFileByTransmitFile(t *testing.T) {
	if whyNotTransmit() == "" {
		t.Skip("TestEngine shows it")
	}
	c := config(Options{TransmitFile: true})
	if isWine() {
		c.Skip["CancelledSendFileSaysWhatItHadSent"] = "Wine forgets a cancel that comes while it has a piece of the file in hand"
		c.Skip["SendFileToAPeerThatResets"] = "Wine forgets a reset that comes while it has a piece of the file in hand"
	}
	enginetest.RunOptional(t, c)
}

func config(o Options) enginetest.Config {
	return enginetest.Config{
		New: func(t testing.TB) (engine.Engine, enginetest.Machine) {
			if info := Probe(); !info.Available {
				t.Skip(info.Err)
			}
			e, err := newEngine(o)
			if err != nil {
				t.Fatal(err)
			}
			return e, nil
		},
		Errno: func(e syscall.Errno) int32 { return -int32(numbers[e]) },
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
		Skip:  skipped(),
		Most:  2000,
	}
}

// numbers are those that this system has for what the suite calls by the names of another.
var numbers = map[syscall.Errno]syscall.Errno{
	syscall.EAGAIN:       windows.WSAEWOULDBLOCK,
	syscall.EBADF:        windows.ERROR_INVALID_HANDLE,
	syscall.ECANCELED:    windows.ERROR_OPERATION_ABORTED,
	syscall.ECONNREFUSED: windows.WSAECONNREFUSED,
	syscall.EINTR:        windows.WSAEINTR,
	syscall.EINVAL:       windows.ERROR_INVALID_PARAMETER,
	syscall.EOPNOTSUPP:   windows.WSAEOPNOTSUPP,
	syscall.EPIPE:        windows.WSAECONNRESET,
}

func skipped() map[string]string {
	skip := map[string]string{
		"StreamOffsetUsesTheFilePosition": "a file opened for overlapped I/O has no position (G02)",
		"SendToAClosedPeerIsABrokenPipe":  "sockets in pairs are of TCP, where the first send after the peer has gone succeeds",
	}
	if wine() != "" {
		skip["RecvWaitsForAllWithMsgWaitall"] = "Wine ends a receive with MSG_WAITALL early"
		skip["DataOrCancelWhileTheThreadOfAReceiveEnds"] = "Wine sends the packet of one in ten receives without a byte, the data still there, " +
			"if that comes while their thread ends; with a port and without an event they go on (F20). TestReceiveWhoseThreadIsEnding " +
			"shows it without the engine"
	}
	return skip
}
