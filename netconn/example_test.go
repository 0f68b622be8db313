// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"iocp"
	"iocp/netconn"
)

// An HTTP server and its client, both with their input and output on one completion port.
func Example() {
	network, err := netconn.New(netconn.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()

	listener, err := network.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "hello from", r.URL.Path)
		}),
	}
	go server.Serve(listener)
	defer server.Shutdown(context.Background())

	client := &http.Client{Transport: &http.Transport{DialContext: network.DialContext}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + listener.Addr().String() + "/port")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
	// Output: hello from /port
}

// A program with a port of its own lets the network share it.
func ExampleNewOn() {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()
	pool := iocp.NewPool(port, iocp.PoolConfig{})
	defer pool.Shutdown(context.Background())

	network := netconn.NewOn(port)
	defer network.Close()
	listener, err := network.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.Copy(conn, conn)
	}()

	conn, err := network.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "there and back")
	answer := make([]byte, len("there and back"))
	if _, err := io.ReadFull(conn, answer); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", answer)
	// Output: there and back
}
