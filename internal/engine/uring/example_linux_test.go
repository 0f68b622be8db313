// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring_test

import (
	"fmt"

	"iocp/internal/engine"
	"iocp/internal/engine/uring"
)

// One operation through a ring, by a program that needs no lock because it has one
// goroutine.
func Example() {
	e, err := uring.New(uring.Options{})
	if err != nil {
		fmt.Println(err) // says what refuses io_uring and what to do about it
		return
	}
	defer e.Close()

	e.Queue(&engine.Op{Kind: engine.Nop})
	buf := make([]engine.Completion, 8)
	for {
		if n := e.Reap(buf); n > 0 {
			fmt.Println(n, buf[0].Op.Kind, buf[0].Res)
			return
		}
		if e.Pending() == 0 {
			e.Watch()
		} else if _, err := e.Enter(e.Publish(), true); err != nil {
			fmt.Println(err)
			return
		}
	}
}

func ExampleProbe() {
	info := uring.Probe()
	if !info.Available {
		fmt.Println("io_uring:", info.Err)
		return
	}
	fmt.Println("io_uring of kernel", info.Kernel, "with", info.Features)
}

// There is always a kernel to name and either a ring or a reason.
func ExampleInfo() {
	info := uring.Probe()
	fmt.Println(info.Kernel != "", info.Available == (info.Err == nil))
	// Output: true true
}
