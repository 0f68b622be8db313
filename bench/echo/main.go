// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Echo measures the processor time that an echo server spends on a message, paired: all servers
// run at the same time, and in every round each of them alone gets the same load for a short
// window, in random order. What is compared is the ratio of two servers within a round, since
// the speed of a machine changes from one second to the next.
//
//	go run ./echo                           64 connections, 64 bytes
//	go run ./echo -conns 8 -rounds 200
//	go run ./echo -other 'c-echo=./echo_uring -p {port}'
//	go run ./echo -only net,epoll,c -other 'c=./echo_epoll -p {port}'
//
// A server runs on processor 0 with GOMAXPROCS=1, the load on processor 1. The time is user and
// system time of the server's process as the kernel accounts it, and that of the kernel's thread for
// soft interrupts on its processor, over a window that starts when the load has run for a while. A
// window in which a hypervisor took the processors away is made again, and the report says so if
// other programs have run. All servers are started afresh every twenty rounds: where the memory of
// a process happens to lie makes a difference of its own.
package main

import (
	"flag"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"iocp"
)

var (
	serve   = flag.String("serve", "", "run a server: iocp, win32 or net (used by the benchmark itself)")
	addr    = flag.String("addr", "127.0.0.1:7070", "address the servers listen on")
	conns   = flag.Int("conns", 64, "connections")
	size    = flag.Int("size", 64, "bytes in a message")
	rounds  = flag.Int("rounds", 100, "rounds")
	length  = flag.Duration("window", 250*time.Millisecond, "measured time of a server in a round")
	procs   = flag.Int("procs", 1, "GOMAXPROCS of the servers; more than 1 runs them on all processors")
	workers = flag.Int("workers", 1, "workers of the iocp, epoll and win32 servers")
	driver  = flag.String("engine", "", "engine of the iocp server; empty for the best that works here")
	only    = flag.String("only", "", "compare only these servers, with a comma between two; ratios are of the first")
	others  multi
)

type multi []string

func (m *multi) String() string     { return strings.Join(*m, ",") }
func (m *multi) Set(s string) error { *m = append(*m, s); return nil }

func main() {
	log.SetFlags(0)
	flag.Var(&others, "other", "a further server, as name=command; {addr} and {port} are replaced")
	flag.Parse()
	switch *serve {
	case "iocp":
		log.Fatal(serveIOCP(*addr, *driver, *workers))
	case "win32":
		log.Fatal(serveWin32(*addr, *workers))
	case "net":
		log.Fatal(serveNet(*addr))
	case "":
		if *rounds < 1 || *conns < 1 || *size < 1 || *length <= 0 {
			log.Fatal("-rounds, -conns, -size and -window must be more than 0")
		}
		if err := compare(contenders()); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatalf("there is no server called %q; use iocp, win32 or net", *serve)
	}
}

func contenders() []*contender {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	list := []*contender{
		{name: "net", args: []string{self, "-serve", "net", "-addr", "{addr}"}},
		{name: "iocp", args: []string{self, "-serve", "iocp", "-addr", "{addr}", "-workers", strconv.Itoa(*workers), "-engine", *driver}},
		{name: "epoll", args: []string{self, "-serve", "iocp", "-addr", "{addr}", "-workers", strconv.Itoa(*workers), "-engine", iocp.EngineEpoll}},
		{name: "win32", args: []string{self, "-serve", "win32", "-addr", "{addr}", "-workers", strconv.Itoa(*workers)}},
	}
	for _, o := range others {
		name, command, _ := strings.Cut(o, "=")
		if command == "" {
			log.Fatalf("-other %s: use name=command", o)
		}
		list = append(list, &contender{name: name, args: strings.Fields(command)})
	}
	return choose(list)
}

// choose returns the contenders that -only names, in its order.
func choose(list []*contender) (chosen []*contender) {
	if *only == "" {
		return list
	}
	for _, name := range strings.Split(*only, ",") {
		i := slices.IndexFunc(list, func(c *contender) bool { return c.name == name })
		if i < 0 {
			log.Fatalf("there is no server called %q to compare", name)
		}
		chosen = append(chosen, list[i])
	}
	return chosen
}
