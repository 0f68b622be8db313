// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// BenchmarkEcho measures one round trip per operation, with package net for comparison. The
// client is package net in both.
func BenchmarkEcho(b *testing.B) {
	for _, conns := range []int{1, 16} {
		for _, size := range []int{64, 16 << 10} {
			name := fmt.Sprintf("conns=%d/size=%d", conns, size)
			b.Run("iocp/"+name, func(b *testing.B) {
				n := newNetwork(b)
				benchmarkEcho(b, listen(b, n), conns, size)
			})
			b.Run("net/"+name, func(b *testing.B) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				benchmarkEcho(b, l, conns, size)
			})
		}
	}
}

func benchmarkEcho(b *testing.B, l net.Listener, conns, size int) {
	var servers, clients sync.WaitGroup
	var ends []net.Conn
	for range conns {
		client, server, err := connectTo(l, net.Dial)
		if err != nil {
			b.Fatal(err)
		}
		ends = append(ends, client)
		servers.Go(func() { echoAll(server, size) })
	}
	l.Close()
	b.ReportAllocs()
	b.SetBytes(int64(2 * size))
	b.ResetTimer()
	for i, c := range ends {
		rounds := b.N / conns
		if i < b.N%conns {
			rounds++
		}
		clients.Go(func() { askAll(b, c, size, rounds) })
	}
	clients.Wait()
	b.StopTimer()
	for _, c := range ends {
		c.Close()
	}
	servers.Wait()
}

func echoAll(c net.Conn, size int) {
	defer c.Close()
	buf := make([]byte, size)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func askAll(b *testing.B, c net.Conn, size, rounds int) {
	buf := make([]byte, size)
	for range rounds {
		if _, err := c.Write(buf); err != nil {
			b.Error(err)
			return
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Error(err)
			return
		}
	}
}
