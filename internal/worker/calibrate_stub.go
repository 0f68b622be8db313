// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64))))

package worker

import (
	"errors"
	"runtime"
)

// calibrate refuses: reading a goroutine's state needs an assembler routine for the
// architecture and a system that answers a bad address with an error.
func calibrate() (layout, error) {
	return layout{}, errors.New("it can be read with the gc compiler on Linux for 386, amd64, arm, arm64, " +
		"loong64, ppc64, ppc64le, riscv64 and s390x, and on Windows for 386, amd64 and arm64; this is " +
		runtime.GOOS + "/" + runtime.GOARCH + " with " + runtime.Compiler)
}
