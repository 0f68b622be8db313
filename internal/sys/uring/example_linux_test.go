// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring_test

import (
	"fmt"

	"iocp/internal/sys/uring"
)

// A structure is passed as it lies in memory, so its size is part of the interface.
func Example() {
	sqe := uring.SQE{Opcode: uring.OpNop, UserData: 42}
	fmt.Println(uring.SizeofSQE, sqe.UserData)
	// Output: 64 42
}
