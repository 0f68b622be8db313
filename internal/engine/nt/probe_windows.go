// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine/probe"
	"iocp/internal/sys/nt"
)

// Info says what the engine is on this machine.
type Info struct {
	Available bool
	Err       error    // why not, with the cure
	Kernel    string   // the version of Windows, or of what stands for it
	Features  []string // what is in force of what need not be there, sorted
	Lacks     []string // sentences: what is not there, and what is done instead
}

var probed probe.Once[Info]

// Probe makes an engine and sends a request through it, once per process: later calls return the
// same answer. Safe for concurrent use.
func Probe() Info {
	return probed.Get(func() (Info, bool) {
		info := inspect()
		return info, info.Available
	})
}

func inspect() Info {
	info := Info{Kernel: version()}
	e, err := newEngine(Options{})
	if err != nil {
		info.Err = err
		return info
	}
	info.Err = errors.Join(probe.Nop(e), e.Close())
	info.Available = info.Err == nil
	info.Features = append(info.Features, "DisconnectEx")
	if why := whyNotTransmit(); why != "" {
		info.Lacks = append(info.Lacks, why)
	} else {
		info.Features = append(info.Features, "TransmitFile")
	}
	if skipIsSafe() {
		info.Features = append(info.Features, "skip on success")
	} else {
		info.Lacks = append(info.Lacks, "a provider of TCP has handles that are not of the file system: "+
			"operations that are done at once send packets all the same")
	}
	if isWine() {
		info.Lacks = append(info.Lacks, "this is Wine: FileReplaceCompletionInformation may not be there, "+
			"and then what package net or os has opened cannot be adopted")
	}
	return info
}

func version() string {
	v := windows.RtlGetVersion()
	s := fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	if w := wine(); w != "" {
		s += " (Wine " + w + ")"
	}
	return s
}

// isWine reports whether this is not Windows itself.
var isWine = sync.OnceValue(func() bool { return wine() != "" })

// wine is the version of Wine, or empty on Windows.
func wine() string {
	if nt.WineVersion.Find() != nil {
		return ""
	}
	p, _, _ := syscall.SyscallN(nt.WineVersion.Addr())
	return windows.BytePtrToString(*(**byte)(unsafe.Pointer(&p)))
}
