// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestServesAThousandClients serves them at the same time, half of them still connected when the
// server stops, and looks for what is left.
func TestServesAThousandClients(t *testing.T) {
	const clients = 1000
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 3*clients+100 {
		t.Skipf("three descriptors a client are needed, and %d are allowed: raise ulimit -n", limit.Cur)
	}
	warmUp(t)
	goroutines, files := runtime.NumGoroutine(), openFiles()
	s, err := start([4]byte{127, 0, 0, 1}, 0, 2*runtime.NumCPU())
	if err != nil {
		t.Skip("no completion port here: ", err)
	}
	var wg sync.WaitGroup
	conns, failures := make([]net.Conn, clients), make(chan error, clients)
	for i := range conns {
		wg.Go(func() { failures <- exchange(&conns[i], s.number, i) })
	}
	wg.Wait()
	for range conns {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	for _, c := range conns[:clients/2] {
		if c != nil {
			c.Close()
		}
	}
	s.stop()
	for _, c := range conns[clients/2:] {
		if c != nil {
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("a client that was left read %d bytes, %v", n, err)
			}
			c.Close()
		}
	}
	nothingLeft(t, goroutines, files)
}

// exchange is a client: small messages and one that does not fit any buffer.
func exchange(conn *net.Conn, number, client int) error {
	c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", number))
	if err != nil {
		return err
	}
	*conn = c
	c.SetDeadline(time.Now().Add(time.Minute))
	for round := range 5 {
		message := fmt.Appendf(nil, "client %d, round %d", client, round)
		if round == 4 {
			message = bytes.Repeat(message, 1000)
		}
		go c.Write(message)
		got := make([]byte, len(message))
		if _, err := io.ReadFull(c, got); err != nil {
			return fmt.Errorf("client %d, round %d: %w", client, round, err)
		}
		if !bytes.Equal(got, message) {
			return fmt.Errorf("client %d, round %d: the echo differs from what was sent", client, round)
		}
	}
	return nil
}

// warmUp opens what stays open for the life of the process: the network poller.
func warmUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func openFiles() (all []string) {
	names, _ := os.ReadDir("/proc/self/fd")
	for _, n := range names {
		if target, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil {
			all = append(all, target)
		}
	}
	return all
}

// nothingLeft gives what is being closed some time.
func nothingLeft(t *testing.T, goroutines int, files []string) {
	t.Helper()
	for start := time.Now(); ; runtime.Gosched() {
		g, f := runtime.NumGoroutine(), openFiles()
		if g <= goroutines && len(f) <= len(files) {
			return
		}
		if time.Since(start) > 10*time.Second {
			stacks := make([]byte, 1<<16)
			t.Fatalf("left are %d goroutines and %d descriptors:\n%s\n%s", g-goroutines, len(f)-len(files),
				strings.Join(f, "\n"), stacks[:runtime.Stack(stacks, true)])
		}
	}
}
