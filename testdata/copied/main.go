// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Command copied copies what must not be copied. The ownership tests run go vet on it.
package main

import "iocp"

type op struct {
	iocp.Overlapped
	name string
}

func main() {
	var a op
	b := a // copies an operation
	println(b.name)
	byValue(a) // passes an operation
	var f iocp.File
	g := f // copies a handle
	println(g.Name())
}

func byValue(o op) {} // takes an operation
