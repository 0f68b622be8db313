// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker

import "unsafe"

// getg returns the runtime.g of the calling goroutine. The runtime allocates every g on
// the heap, keeps all of them in runtime.allgs and never frees one, so the pointer stays
// good for the life of the process; a later goroutine may be given the same g, however.
//
//go:noescape
func getg() unsafe.Pointer
