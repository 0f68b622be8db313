// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || 386 || arm64

package queue

// pause executes n instructions that tell the processor it is in a spin loop.
//
//go:noescape
func pause(n uint32)
