// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker_test

import (
	"fmt"
	"runtime"

	"iocp/internal/worker"
)

func Example() {
	if known, why := worker.Calibrate(); !known {
		fmt.Println(why)
		return
	}
	ids := make(chan worker.ID)
	quit := make(chan struct{})
	go func() {
		ids <- worker.Self()
		<-quit
	}()
	id := <-ids
	for id.State() == worker.Active { // it has yet to arrive at the second channel
		runtime.Gosched()
	}
	fmt.Println("me:", worker.Self().State())
	fmt.Println("the other one:", id.State())
	close(quit)
	for id.State() != worker.Exited {
		runtime.Gosched()
	}
	fmt.Println("in the end:", id.State())
	// Output:
	// me: active
	// the other one: blocked
	// in the end: exited
}
