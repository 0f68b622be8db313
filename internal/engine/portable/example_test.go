// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable_test

import (
	"fmt"
	"log"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/portable"
)

// A read of a pipe waits until something is written. The port's lock is left out, since nobody else
// uses this engine.
func Example() {
	e, err := portable.New()
	if err != nil {
		log.Fatal(err)
	}
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 16)
	e.Queue(&engine.Op{Kind: engine.Read, FD: int32(p[0]), Off: -1, Addr: unsafe.Pointer(&buf[0]), Len: uint32(len(buf))})
	if _, err := e.Enter(e.Publish(), true); err != nil {
		log.Fatal(err)
	}
	unix.Write(p[1], []byte("hello"))
	e.Watch()
	var done [1]engine.Completion
	if e.Reap(done[:]) == 1 {
		fmt.Printf("%v: %q\n", done[0].Op.Kind, buf[:done[0].Res])
	}
	for _, fd := range p {
		e.Forget(int32(fd))
		unix.Close(fd)
	}
	if err := e.Close(); err != nil {
		log.Fatal(err)
	}
	// Output: read: "hello"
}
