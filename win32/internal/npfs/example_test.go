// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"fmt"

	"iocp/win32/internal/npfs"
)

// printed is a request that prints how it has ended.
type printed struct {
	npfs.Request
	what string
}

func (p *printed) Complete(st npfs.Status, n int) { fmt.Printf("%s: %v, %d bytes\n", p.what, st, n) }

func request(what string) *npfs.Request {
	p := &printed{what: what}
	p.Done = p
	return &p.Request
}

// A server waits for a client and for a message; the client's message is longer than the
// server's buffer.
func Example() {
	var space npfs.Space
	server, _ := space.Create("example", npfs.Config{
		Messages: true, Mode: npfs.ReadMessages, Max: 1, InQuota: 4096, OutQuota: 4096,
	})
	server.Connect(request("connect"))
	client, _ := space.Open("EXAMPLE", true, true)

	buf := make([]byte, 5)
	server.Read(request("read"), buf)
	st, n, pending := client.Write(request("write"), []byte("hello, pipe"))
	fmt.Printf("write: %v, %d bytes, pending: %v\n", st, n, pending)

	rest := make([]byte, 20)
	_, n, _ = server.Read(request("read"), rest)
	fmt.Printf("%s%s\n", buf, rest[:n])

	server.Read(request("read"), buf)
	client.Close()
	server.Close()
	// Output:
	// connect: success, 0 bytes
	// read: buffer overflow, 5 bytes
	// write: success, 11 bytes, pending: false
	// hello, pipe
	// read: pipe broken, 0 bytes
}
