// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Command touch uses the buffer of an operation at the wrong time, or at the right one, as its
// argument says. The ownership tests run it under the race detector.
package main

import (
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"iocp"
)

type op struct{ iocp.Overlapped }

var (
	port *iocp.Port
	conn *iocp.TCPConn
	far  net.Conn
	o    op
	buf  = make([]byte, 8)
)

var cases = map[string]func(){
	"write-received": func() {
		check(conn.Recv(&o, buf))
		buf[3] = 1 // in flight: write-received
		answer()
	},
	"read-received": func() {
		check(conn.Recv(&o, buf))
		fmt.Println(buf[7]) // in flight: read-received
		answer()
	},
	"write-sent": func() {
		check(conn.Send(&o, buf))
		buf[0] = 1 // in flight: write-sent
		take()
	},
	"write-vector": func() {
		check(conn.Recvv(&o, [][]byte{buf[:4], buf[4:]}))
		buf[5] = 1 // in flight: write-vector
		answer()
	},
	"write-posted": func() { // other packets of the port give nothing back
		check(conn.Recv(&o, buf))
		check(port.Post(iocp.Completion{}))
		take()
		buf[0] = 1 // in flight: write-posted
		answer()
	},
	"twice": func() { // one buffer in two receives
		var second op
		check(conn.Recv(&o, buf))
		check(conn.Recv(&second, buf)) // in flight: twice
		answer()
		answer()
	},
	"after": func() {
		for range 100 {
			check(conn.Recv(&o, buf))
			answer()
			buf[0]++
			check(conn.Send(&o, buf))
			take()
			buf[1]++
		}
	},
	"read-sent": func() {
		check(conn.Send(&o, buf))
		fmt.Println(buf[0]) // the kernel only reads it, too
		take()
	},
	"handed-on": func() { // to a worker that takes the packet
		var wg sync.WaitGroup
		var taken atomic.Int32
		for range 4 {
			wg.Go(func() {
				for range port.All() {
					if taken.Add(1) == 100 {
						check(port.Close())
						return
					}
					buf[0]++
					check(conn.Recv(&o, buf[:1]))
					write()
				}
			})
		}
		check(conn.Recv(&o, buf[:1]))
		write()
		wg.Wait()
	},
}

func main() {
	var err error
	port, err = iocp.NewPort(iocp.Config{})
	check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	far, err = net.Dial("tcp", l.Addr().String())
	check(err)
	near, err := l.Accept()
	check(err)
	conn, err = iocp.AdoptTCPConn(near)
	check(err)
	check(port.Associate(conn, nil))
	cases[os.Args[1]]()
}

func write() {
	_, err := far.Write([]byte{1})
	check(err)
}

func answer() {
	_, err := far.Write(make([]byte, 8))
	check(err)
	take()
}

func take() {
	c, err := port.Get(iocp.Infinite)
	check(err)
	check(c.Err)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
