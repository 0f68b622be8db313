// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"time"
)

var echoCommand = &command{
	name:    "echo",
	summary: "send every byte back to its sender, over TCP",
	details: `
Echo accepts TCP connections and sends back whatever arrives. It is written directly on the
completion port, without net.Conn, and shows what the port costs.

SIGINT or SIGTERM ends it: what has arrived is sent back, then the connections are closed,
all within the time of -drain. A second signal ends it at once.`,
	declare: func(fs *flag.FlagSet) action {
		e := echo{size: 4096}
		e.declare(fs)
		fs.StringVar(&e.addr, "addr", "127.0.0.1:7777", "`address` to listen on; port 0 for any free one")
		fs.Var(&e.size, "size", "`bytes` of the buffer of each connection")
		fs.DurationVar(&e.drain, "drain", 30*time.Second, "how `long` connections may take to end after SIGINT or SIGTERM")
		return e.run
	},
}

type echo struct {
	portFlags
	addr  string
	size  byteSize
	drain time.Duration
}

func (e *echo) run(ctx context.Context, operands []string, o output) error {
	if len(operands) > 0 {
		return usagef("unexpected argument %q", operands[0])
	}
	if e.size < 1 || e.size > 1<<30 {
		return usagef("-size %v: want 1 to 1G", &e.size)
	}
	port, err := e.openPort()
	if err != nil {
		return err
	}
	defer port.Close()
	server := newEchoServer(port, int(e.size), slog.New(slog.NewTextHandler(o.err, nil)))
	if err := server.listen(e.addr); err != nil {
		return err
	}
	workers := e.workersFor(port.Concurrency())
	server.work(workers)
	fmt.Fprintf(o.out, "echo on %s (engine %s, concurrency %d, %d workers, buffers of %v bytes)\n",
		server.listener.Addr(), port.Engine(), port.Concurrency(), workers, &e.size)
	<-ctx.Done()
	return server.stop(e.drain)
}
