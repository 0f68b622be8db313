// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

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
)

const (
	crowd = 1000             // clients
	limit = 20 * time.Second // for all that must happen
)

func startTest(t *testing.T) *server {
	t.Helper()
	s, err := start("127.0.0.1:0", 2*runtime.NumCPU())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dial connects n clients.
func dial(t *testing.T, s *server, n int) []net.Conn {
	t.Helper()
	clients := make([]net.Conn, n)
	for i := range clients {
		c, err := net.Dial("tcp", s.addr().String())
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		c.SetDeadline(time.Now().Add(limit))
		clients[i] = c
	}
	return clients
}

// ask sends text and returns what comes back.
func ask(c net.Conn, text []byte) ([]byte, error) {
	if _, err := c.Write(text); err != nil {
		return nil, err
	}
	answer := make([]byte, len(text))
	_, err := io.ReadFull(c, answer)
	return answer, err
}

// serveCrowd lets many clients talk to a server, some of whom are there when it stops.
func serveCrowd(t *testing.T) {
	s := startTest(t)
	clients := dial(t, s, crowd)
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			defer c.Close()
			for round := range 3 {
				text := fmt.Appendf(nil, "client %d, round %d", i, round)
				if answer, err := ask(c, text); err != nil || !bytes.Equal(answer, text) {
					t.Errorf("client %d got %q, %v", i, answer, err)
					return
				}
			}
		})
	}
	wg.Wait()
	s.stop()
	if len(s.connections) != 0 {
		t.Errorf("%d connections left", len(s.connections))
	}
}

func TestServesThousandClientsAndLeavesNothing(t *testing.T) {
	serveCrowd(t) // what is made once is made
	before := openObjects()
	serveCrowd(t)
	after := openObjects()
	for start := time.Now(); !after.within(before) && time.Since(start) < limit; after = openObjects() {
		runtime.GC()
	}
	if !after.within(before) {
		t.Errorf("left behind: %+v, before %+v", after, before)
	}
}

func TestStopEndsConnections(t *testing.T) {
	s := startTest(t)
	clients := dial(t, s, 20)
	for _, c := range clients {
		defer c.Close()
		if _, err := ask(c, []byte("served")); err != nil {
			t.Fatal(err)
		}
	}
	addr := s.addr().String()
	s.stop()
	for i, c := range clients {
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
			t.Errorf("client %d: %d bytes, %v, want the end", i, n, err)
		}
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("the server still accepts")
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

func TestLargeMessageComesBackWhole(t *testing.T) {
	s := startTest(t)
	defer s.stop()
	c := dial(t, s, 1)[0]
	defer c.Close()
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go c.Write(text)
	answer := make([]byte, len(text))
	if _, err := io.ReadFull(c, answer); err != nil || !bytes.Equal(answer, text) {
		t.Errorf("%v, or it is another text", err)
	}
}

func TestStartFailsWithoutLeavingAnything(t *testing.T) {
	s := startTest(t)
	defer s.stop()
	before := openObjects()
	for range 50 {
		if other, err := start("203.0.113.1:1", 2); err == nil {
			other.stop()
			t.Fatal("listening on an address that is not ours")
		}
	}
	if after := openObjects(); !after.within(before) {
		t.Errorf("left behind: %+v, before %+v", after, before)
	}
}

// TestGuideShowsThisProgram: the Go code in the guide for porting is this program's.
func TestGuideShowsThisProgram(t *testing.T) {
	guide, err := os.ReadFile("../../docs/porting-from-windows.md")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range []string{"main.go", "server.go", "connection.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	blocks := strings.Split(strings.ReplaceAll(string(guide), "\r\n", "\n"), "```go\n")
	if len(blocks) < 5 {
		t.Fatalf("only %d blocks of Go in the guide", len(blocks)-1)
	}
	for _, b := range blocks[1:] {
		code, _, _ := strings.Cut(b, "```")
		if !strings.Contains(source.String(), code) {
			t.Errorf("not in the program:\n%s", code)
		}
	}
}
