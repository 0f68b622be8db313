// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Echo measures the processor time that an echo server spends on a message, paired: in every
// round each server runs alone against the same load, and what is compared is the ratio of
// two servers within a round, since the speed of a machine drifts.
//
//	go run ./echo                           64 connections, 64 bytes
//	go run ./echo -conns 8 -rounds 20
//	go run ./echo -other 'c-echo=./echo_uring -p {port}'
//	go run ./echo -only net,epoll,c -other 'c=./echo_epoll -p {port}'
//
// A server runs on processor 0 with GOMAXPROCS=1, the load on processor 1. The time is user
// and system time of the server's process as the kernel accounts it, over a window that
// starts when the load has run for a while.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

var (
	serve   = flag.String("serve", "", "run a server: iocp, win32 or net (used by the benchmark itself)")
	addr    = flag.String("addr", "127.0.0.1:7070", "address the servers listen on")
	conns   = flag.Int("conns", 64, "connections")
	size    = flag.Int("size", 64, "bytes in a message")
	rounds  = flag.Int("rounds", 10, "rounds")
	length  = flag.Duration("window", 2*time.Second, "measured time of a run")
	procs   = flag.Int("procs", 1, "GOMAXPROCS of the servers; more than 1 runs them on all processors")
	workers = flag.Int("workers", 1, "workers of the iocp, epoll and win32 servers")
	driver  = flag.String("engine", "", "engine of the iocp server; empty for the best that works here")
	only    = flag.String("only", "", "compare only these servers, with a comma between two; ratios are of the first")
	others  multi
)

type multi []string

func (m *multi) String() string     { return strings.Join(*m, ",") }
func (m *multi) Set(s string) error { *m = append(*m, s); return nil }

type contender struct {
	name string
	args []string
}

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
		if err := compare(); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatalf("there is no server called %q; use iocp, win32 or net", *serve)
	}
}

func contenders() []contender {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	list := []contender{
		{"net", []string{self, "-serve", "net", "-addr", "{addr}"}},
		{"iocp", []string{self, "-serve", "iocp", "-addr", "{addr}", "-workers", strconv.Itoa(*workers), "-engine", *driver}},
		{"epoll", []string{self, "-serve", "iocp", "-addr", "{addr}", "-workers", strconv.Itoa(*workers), "-engine", iocp.EngineEpoll}},
		{"win32", []string{self, "-serve", "win32", "-addr", "{addr}", "-workers", strconv.Itoa(*workers)}},
	}
	for _, o := range others {
		name, command, _ := strings.Cut(o, "=")
		list = append(list, contender{name, strings.Fields(command)})
	}
	return choose(list)
}

// choose returns the contenders that -only names, in its order.
func choose(list []contender) (chosen []contender) {
	if *only == "" {
		return list
	}
	for _, name := range strings.Split(*only, ",") {
		i := slices.IndexFunc(list, func(c contender) bool { return c.name == name })
		if i < 0 {
			log.Fatalf("there is no server called %q to compare", name)
		}
		chosen = append(chosen, list[i])
	}
	return chosen
}

// nextAddr gives every run an address of its own: the kernel takes a moment to give back the
// sockets of a ring whose process was killed.
func nextAddr() (addr, port string, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer l.Close()
	_, port, err = net.SplitHostPort(l.Addr().String())
	return l.Addr().String(), port, err
}

func compare() error {
	list := contenders()
	cost := make([][]float64, len(list))
	ratio := make([][]float64, len(list))
	fmt.Printf("%d connections x %d bytes, GOMAXPROCS=%d, %d rounds of %v; us of processor time per message\n",
		*conns, *size, *procs, *rounds, *length)
	for r := range *rounds {
		fmt.Printf("round %2d:", r+1)
		for k := range list {
			i := (k + r) % len(list) // nobody is always first
			us, rate, err := run(list[i])
			if err != nil {
				return fmt.Errorf("%s: %w", list[i].name, err)
			}
			cost[i] = append(cost[i], us)
			fmt.Printf("  %s %.2f (%.0f k/s)", list[i].name, us, rate/1000)
		}
		fmt.Println()
		for i := range list {
			ratio[i] = append(ratio[i], cost[i][r]/cost[0][r]) // of the first
		}
	}
	base := list[0].name
	fmt.Printf("\n%-10s %8s %8s %8s   of %s's, paired: median (min to max)\n", "server", "min", "median", "max", base)
	for i, c := range list {
		slices.Sort(cost[i])
		slices.Sort(ratio[i])
		n := len(cost[i])
		fmt.Printf("%-10s %8.2f %8.2f %8.2f   %.3f (%.3f to %.3f)\n", c.name,
			cost[i][0], cost[i][n/2], cost[i][n-1], ratio[i][n/2], ratio[i][0], ratio[i][n-1])
	}
	return nil
}

// run measures one server once.
func run(c contender) (us, rate float64, err error) {
	addr, port, err := nextAddr()
	if err != nil {
		return 0, 0, err
	}
	args := slices.Clone(c.args)
	for i := range args {
		args[i] = strings.NewReplacer("{addr}", addr, "{port}", port).Replace(args[i])
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(*procs))
	cmd.Stderr = os.Stderr
	if *procs == 1 {
		cmd.Path, err = exec.LookPath("taskset")
		if err != nil {
			return 0, 0, fmt.Errorf("taskset (util-linux) is needed to bind the server to a processor: %w", err)
		}
		cmd.Args = append([]string{"taskset", "-c", "0"}, args...)
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if *procs == 1 {
		pin(1)
	}
	return load(addr, cmd.Process.Pid)
}

func pin(cpu int) {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		log.Printf("cannot bind the load to processor %d: %v", cpu, err)
	}
}

// cpuTime is the user and system time of a process. The clock of a process counts
// nanoseconds where /proc counts ticks.
func cpuTime(pid int) (time.Duration, error) {
	var ts unix.Timespec
	clock := int32(^pid<<3 | 2) // clock_getcpuclockid(3): MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}
