// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"iocp/netconn"
)

var serveCommand = &command{
	name:    "serve",
	args:    "[DIR]",
	summary: "serve the files below a folder over HTTP",
	details: `
Serve answers HTTP requests with the files below DIR (default: the current folder), whole
or in ranges, and with listings of its folders. A file outside DIR is never served, not
even through a link inside DIR. Every request is logged to standard error.

SIGINT or SIGTERM ends it: no new connection is accepted, requests under way are finished
within the time of -drain. A second signal ends it at once.`,
	declare: func(fs *flag.FlagSet) action {
		var s serve
		s.declare(fs)
		fs.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 for any free one")
		fs.BoolVar(&s.quiet, "quiet", false, "do not log requests")
		fs.DurationVar(&s.drain, "drain", 30*time.Second, "how `long` requests under way may take after SIGINT or SIGTERM")
		return s.run
	},
}

// Time limits of the HTTP server. They bound what a client that says nothing, or not
// enough, costs: one parked goroutine and one connection, for that long. The first one is
// for a whole request, since net/http waits for a body that nobody wants, too. There is none
// on a response, because a large file over a slow line takes its time.
const (
	readTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
)

type serve struct {
	portFlags
	addr  string
	quiet bool
	drain time.Duration

	readTimeout time.Duration // 0: the constant
}

func (s *serve) run(ctx context.Context, operands []string, o output) error {
	dir, err := s.folder(operands)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	network, err := netconn.New(netconn.Config{Engine: s.engine, Concurrency: s.concurrency, Workers: s.workersFor(s.value())})
	if err != nil {
		return err
	}
	defer network.Close()
	l, err := network.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(o.err, nil))
	server := s.server(root, log)
	fmt.Fprintf(o.out, "serving %s on http://%s/ (engine %s, concurrency %d)\n",
		dir, l.Addr(), network.Port().Engine(), network.Port().Concurrency())
	return s.until(ctx, server, network, l, log)
}

// folder returns the folder to serve as an absolute path, which is what a reader of the
// log wants to see.
func (s *serve) folder(operands []string) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	switch len(operands) {
	case 0:
		return filepath.Abs(".")
	case 1:
		return filepath.Abs(operands[0])
	}
	return "", usagef("want one folder, got %d", len(operands))
}

func (s *serve) server(root *os.Root, log *slog.Logger) *http.Server {
	files := http.FileServer(rootFiles{root, log})
	if !s.quiet {
		files = accessLog(files, log)
	}
	timeout := s.readTimeout
	if timeout == 0 {
		timeout = readTimeout
	}
	return &http.Server{
		Handler:     files,
		ReadTimeout: timeout,
		IdleTimeout: idleTimeout,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// until serves l until ctx is done, then finishes the requests under way.
func (s *serve) until(ctx context.Context, server *http.Server, network *netconn.Network, l net.Listener, log *slog.Logger) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		server.Close()
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", "drain", s.drain)
	bound, cancel := context.WithTimeout(context.Background(), s.drain)
	defer cancel()
	err := server.Shutdown(bound)
	if errors.Is(err, context.DeadlineExceeded) {
		server.Close()
		return fmt.Errorf("requests still under way after %v were cut off; -drain sets the time they get", s.drain)
	}
	if err != nil {
		return err
	}
	return network.Shutdown(bound)
}
