// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// When descriptors run out the server goes on as soon as connections end.
func TestEchoRecoversFromTooManyConnections(t *testing.T) {
	requireEngine(t)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skipf("no shell to set a limit with: %v", err)
	}
	cmd := asProcess()
	cmd.Path, cmd.Args = shell, []string{"sh", "-c", `ulimit -n 50 && exec "$0" echo -addr 127.0.0.1:0`, os.Args[0]}
	p := startProcess(t, cmd)
	addr := addressIn(t, p.ready)
	var conns []*net.TCPConn
	for range 60 {
		conns = append(conns, dial(t, addr)) // the kernel takes them all into its queue
	}
	eventually(t, "the server to run out of descriptors", func() bool { return strings.Contains(p.log.String(), "ulimit -n") })
	for _, conn := range conns[:30] {
		conn.Close()
	}
	for _, conn := range conns[30:] {
		roundTrip(t, conn, []byte("hello"))
	}
	p.Process.Signal(os.Interrupt)
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, log:\n%s", status, p.log)
	}
}
