// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	freshEvery = 20 // rounds
	retries    = 5  // of a window in which the hypervisor took time

	foreignMost = 0.06 // of a processor: what the ticks that /proc/stat counts may be wrong by
)

// contender is a server that is compared with the others.
type contender struct {
	name string
	args []string

	cmd   *exec.Cmd
	load  *load
	cost  []float64 // us of a message, by round
	rate  []float64 // messages a second
	ratio []float64 // of the first contender's cost
	again int       // windows in which the hypervisor took time, and which were made again
	kept  int       // those in which it did so however often they were made again
}

func compare(list []*contender) error {
	fmt.Printf("%d connections x %d bytes, GOMAXPROCS=%d, %d rounds with a window of %v for each server\n",
		*conns, *size, *procs, *rounds, *length)
	foreign := 0.0
	for done := 0; done < *rounds; done += freshEvery {
		others := watchOthers()
		if err := series(list, min(freshEvery, *rounds-done)); err != nil {
			return err
		}
		foreign = max(foreign, others())
		fmt.Printf("%4d rounds:", len(list[0].cost))
		for _, c := range list {
			fmt.Printf("  %s %.2f us (%.0f k/s)", c.name, median(c.cost[done:]), median(c.rate[done:])/1000)
		}
		fmt.Println()
	}
	report(list)
	again, kept := 0, 0
	for _, c := range list {
		again, kept = again+c.again, kept+c.kept
	}
	if again > 0 {
		fmt.Printf("the hypervisor took processor time away: %d windows were made again, and %d counted all the same\n", again, kept)
	}
	if foreign > foreignMost {
		fmt.Printf("the figures are worth nothing: other programs took up to %.0f %% of a processor; stop them and measure again\n", 100*foreign)
	}
	return nil
}

// series runs n rounds with servers of their own.
func series(list []*contender, n int) error {
	for _, c := range list {
		defer c.stop()
		if err := c.start(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for range n {
		for _, i := range rand.Perm(len(list)) {
			if err := list[i].measure(); err != nil {
				return fmt.Errorf("%s: %w", list[i].name, err)
			}
		}
		last := len(list[0].cost) - 1
		for _, c := range list {
			c.ratio = append(c.ratio, c.cost[last]/list[0].cost[last])
		}
	}
	return nil
}

// watchOthers returns how to learn, when the servers have ended, how much of a processor other programs have
// used since. One that wakes up every 50 us has made a server up to a fifth cheaper: it runs less at the same
// time as the load, and their processors may be the two halves of one core.
func watchOthers() (share func() float64) {
	ours := func() (sum time.Duration) {
		for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} { // children that were waited for
			var r unix.Rusage
			unix.Getrusage(who, &r)
			sum += time.Duration(r.Utime.Nano() + r.Stime.Nano())
		}
		return sum
	}
	begin, busy, used := time.Now(), processorTime().busy, ours()
	return func() float64 {
		all := time.Duration(processorTime().busy-busy) * time.Second / 100
		return float64(all-(ours()-used)) / float64(time.Since(begin))
	}
}

// start runs the server and connects the load to it.
func (c *contender) start() (err error) {
	addr, port, err := freeAddr()
	if err != nil {
		return err
	}
	args := slices.Clone(c.args)
	for i := range args {
		args[i] = strings.NewReplacer("{addr}", addr, "{port}", port).Replace(args[i])
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(*procs))
	cmd.Stderr = os.Stderr
	if *procs == 1 {
		if cmd.Path, err = exec.LookPath("taskset"); err != nil {
			return fmt.Errorf("taskset (util-linux) is needed to bind the server to a processor: %w", err)
		}
		cmd.Args = append([]string{"taskset", "-c", "0"}, args...)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.cmd = cmd
	c.load, err = connect(addr, cmd.Process.Pid)
	return err
}

func (c *contender) stop() {
	if c.load != nil {
		c.load.close()
	}
	if c.cmd != nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
	c.load, c.cmd = nil, nil
}

// measure is the server's part of a round.
func (c *contender) measure() error {
	w, err := c.load.window()
	for try := 0; err == nil && w.stolen > 0 && try < retries; try++ {
		c.again++
		w, err = c.load.window()
	}
	if err != nil {
		return err
	}
	if w.stolen > 0 {
		c.kept++
	}
	c.cost = append(c.cost, float64(w.cpu.Nanoseconds())/1000/float64(w.messages))
	c.rate = append(c.rate, float64(w.messages)/w.length.Seconds())
	return nil
}

// freeAddr gives every server an address of its own: the kernel takes a moment to give back the
// sockets of a ring whose process was killed.
func freeAddr() (addr, port string, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer l.Close()
	_, port, err = net.SplitHostPort(l.Addr().String())
	return l.Addr().String(), port, err
}

func report(list []*contender) {
	base := list[0].name
	fmt.Printf("\n%-10s us a message: %6s %8s %8s    of %s's: %8s   (95 %% sure)\n", "server", "best", "median", "worst", base, "median")
	for _, c := range list {
		low, high := interval(c.ratio)
		fmt.Printf("%-10s               %6.2f %8.2f %8.2f %*s %8.3f   (%.3f to %.3f)\n", c.name,
			slices.Min(c.cost), median(c.cost), slices.Max(c.cost), len(base)+9, "", median(c.ratio), low, high)
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// interval is where the true median of what v is a sample of lies, 19 times in 20: between the values at
// some ranks around the middle, whatever the distribution is.
func interval(v []float64) (low, high float64) {
	v = slices.Sorted(slices.Values(v))
	n := float64(len(v))
	off := 0.98 * math.Sqrt(n) // half of 1.96 times the root of n
	return v[max(0, int(math.Floor(n/2-off)))], v[min(len(v)-1, int(math.Ceil(n/2+off)))]
}
