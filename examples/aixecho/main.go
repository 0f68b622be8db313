// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Aixecho is the classic multi-threaded echo server of AIX's completion ports, written against
// package aix alone: sockets are made and accepted with the ordinary system calls, and
// every connection is a descriptor that is associated with one port. Linux only.
//
//	go run ./examples/aixecho [port]
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"strconv"
)

func main() {
	number := 7777
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			log.Fatal("the argument is the number of the port to listen on: ", err)
		}
		number = n
	}
	s, err := start([4]byte{127, 0, 0, 1}, number, 2*runtime.NumCPU())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("echoing on port", s.number)
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	<-interrupt
	s.stop()
}
