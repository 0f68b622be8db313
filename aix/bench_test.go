// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"iocp"
)

// BenchmarkPostGet is the cost of the layer: a packet on its way through this package, and through
// package iocp.
func BenchmarkPostGet(b *testing.B) {
	b.Run("aix", func(b *testing.B) {
		port := testPort(b)
		var n, key uint32
		var ov *OVERLAPPED
		posted := new(OVERLAPPED)
		b.ReportAllocs()
		for b.Loop() {
			PostQueuedCompletionStatus(port, 1, 1<<31, posted)
			GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE)
		}
	})
	b.Run("iocp", func(b *testing.B) {
		p, err := iocp.NewPort(iocp.Config{Concurrency: math.MaxInt32})
		ok(b, err)
		defer p.Close()
		key := any(uint32(1 << 31))
		b.ReportAllocs()
		for b.Loop() {
			p.Post(iocp.Completion{Key: key, Bytes: 1})
			p.Get(iocp.Infinite)
		}
	})
}

// BenchmarkEcho reads five bytes with a packet and writes them back without one.
func BenchmarkEcho(b *testing.B) {
	port := testPort(b)
	h, peer := connection(b)
	defer Close(h)
	associate(b, h, port, 1)
	var n, key uint32
	var out *OVERLAPPED
	ov, data, in := new(OVERLAPPED), []byte("hello"), make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		ReadFile(h, in, &n, ov)
		unix.Write(peer, data)
		GetQueuedCompletionStatus(port, &n, &key, &out, INFINITE)
		WriteFile(h, in[:n], &n, ov)
		unix.Read(peer, in)
	}
}
