// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"
	"unsafe"

	"iocp/internal/engine"
)

// A request never asks for more than one call of the kernel moves, since some refuse that: what is
// behind it is for the requests that follow (M05). Nothing is read here: the buffers are one.
func TestVectorsOfARequestAreBounded(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("skip: such buffers do not fit into 32 bits")
	}
	const size = 64 << 20
	buf := make([]byte, size)
	bufs := make([][]byte, 100)
	for i := range bufs {
		bufs[i] = buf
	}
	ov := &Overlapped{}
	ov.obj.Store(&object{})
	if err := ov.setVectors(engine.Readv, bufs); err != nil {
		t.Fatal(err)
	}
	if !ov.steps {
		t.Error("it takes several requests, and does not say so")
	}
	for done := int64(0); done < ov.total; {
		asked := ov.asked()
		if asked <= 0 || asked > maxChunk || asked > ov.total-done || int(ov.req.Len) != int(asked/size) {
			t.Fatalf("after %d bytes the request has %d vectors for %d bytes", done, ov.req.Len, asked)
		}
		ov.forwardv(int32(asked))
		if done += asked; ov.n != done {
			t.Fatalf("%d bytes are done, want %d", ov.n, done)
		}
	}
}
