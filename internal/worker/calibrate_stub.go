// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(gc && linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x))

package worker

import (
	"errors"
	"runtime"
)

// calibrate refuses: reading a goroutine's state needs an assembler routine for the
// architecture and a kernel that answers EFAULT to a bad address.
func calibrate() (layout, error) {
	return layout{}, errors.New("it can be read on Linux with the gc compiler for 386, amd64, arm, arm64, " +
		"loong64, ppc64, ppc64le, riscv64 and s390x; this is " +
		runtime.GOOS + "/" + runtime.GOARCH + " with " + runtime.Compiler)
}
