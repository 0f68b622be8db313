// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package iocp

// raceState is nothing without the race detector.
type raceState struct{}

func (*raceState) kernelWrites([]byte)      {}
func (*raceState) kernelReads([]byte)       {}
func (*raceState) kernelWritesAll([][]byte) {}
func (*raceState) kernelReadsAll([][]byte)  {}
func (*raceState) acquire()                 {}
