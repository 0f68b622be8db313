// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"fmt"
	"maps"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// TestMain lets IOCP_TEST_ENGINE choose the engine of all ports that ask for none.
func TestMain(m *testing.M) {
	if preferred = os.Getenv("IOCP_TEST_ENGINE"); preferred != "" {
		if err := probeEngine(preferred); err != nil {
			fmt.Println("skip: IOCP_TEST_ENGINE:", err)
			os.Exit(0)
		}
	}
	warmUp()
	os.Exit(m.Run())
}

// openFiles is the number of handles.
func openFiles() int {
	var n uint32
	r, _, errno := syscall.SyscallN(nt.GetProcessHandleCount.Addr(), uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	if int32(r) == 0 {
		panic(errno)
	}
	return int(n)
}

const (
	ofUnix   = "it is about what Unix has"
	handles  = "the runtime opens and closes handles for threads and timers of its own, so their number says nothing"
	noTaking = "Wine cannot take away from package net what it has opened (FileReplaceCompletionInformation)"
	noReset  = "Wine lets a receive after a reset find the end of the stream; Windows answers 10054"
)

// notHere are the tests that this system cannot pass, and why.
var notHere = func() map[string]string {
	not := map[string]string{
		"TestCloseGivesTheDescriptorBackAfterTheLastOperation": handles,
		"TestCloseWithNothingPendingIsImmediate":               handles,
		"TestMaxInFlight":                                      handles,
		"TestSocketTakesItsDescriptorLate":                     handles,
		"TestSocketAcceptKeepsTheNumber":                       "the system chooses the numbers of handles",
		"TestFileErrorsInThePacket":                            ofUnix,
		"TestFileProperties":                                   ofUnix,
		"TestSendFileErrors":                                   ofUnix,
		"TestPipeWriteCancelledMidway":                         "how much of a write was done when it was cancelled the system does not say",
	}
	if nt.WineVersion.Find() == nil {
		maps.Copy(not, map[string]string{
			"TestAcceptDataIntoAConnectionWithoutAPort": noTaking,
			"TestAdoptListener":                         noTaking,
			"TestAdoptConnErrors":                       "package net cannot make sockets for datagrams on Wine",
			"TestAssociateWhilePortCloses":              noTaking,
			"TestCloseBeforeAssociation":                noTaking,
			"TestSkipOnSuccessAfterAReset":              noReset,
			"TestLingerZeroResets":                      noReset,
			"TestSocketReuse":                           noReset,
			"TestReportUnreachable":                     "Wine does not tell that a datagram was refused",
		})
	}
	return not
}()

// engineNames are those of this system's engines.
var engineNames = []string{EngineNT}
