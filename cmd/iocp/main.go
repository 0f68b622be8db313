// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Command iocp serves, echoes and copies over an I/O completion port, and tells what this
// system offers for one.
//
//	iocp serve [DIR]         serve the files below DIR over HTTP
//	iocp echo                send every byte back to its sender
//	iocp copy SRC... DST     copy files and trees
//	iocp info                which engine works here, and why not a better one
//
// Each command has its file; this one finds the command, parses its flags and turns its
// error into an exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 128 + int(syscall.SIGINT)
)

// errReported is returned by a command that has said on its own what went wrong.
var errReported = errors.New("failed; see above")

// errInterrupted is returned by a command that a signal stopped before its work was done.
var errInterrupted = errors.New("interrupted")

// output is where a command writes: what was asked for goes to out, all else to err.
type output struct {
	out, err io.Writer
}

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], output{os.Stdout, os.Stderr}))
}

// untilSignal returns a context that the first signal ends, which asks the command to end
// well. The handler is gone before the context is done: whatever the command says of its end,
// the next signal after it ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan os.Signal, 1)
	signal.Notify(first, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-first
		signal.Stop(first)
		cancel()
	}()
	return ctx
}

// run runs the command that args names until it is done or ctx is, and returns the exit
// status.
func run(ctx context.Context, args []string, o output) int {
	if len(args) == 0 {
		printOverview(o.err)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], o)
	}
	cmd := lookup(args[0])
	if cmd == nil {
		fmt.Fprintf(o.err, "iocp: unknown command %q; 'iocp help' lists the commands\n", args[0])
		return exitUsage
	}
	return cmd.run(ctx, args[1:], o)
}

// run parses the flags of one command and runs it.
func (cmd *command) run(ctx context.Context, args []string, o output) int {
	fs, act := cmd.flagSet()
	operands, err := parse(fs, args)
	if errors.Is(err, errHelp) {
		cmd.printHelp(o.out)
		return 0
	}
	if err == nil {
		err = act(ctx, operands, o)
	}
	return status(cmd.name, err, o.err)
}

// status prints err for the user and returns the exit status it stands for.
func status(name string, err error, w io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(w, "iocp %s: %v\nRun 'iocp help %s' for the flags.\n", name, err, name)
		return exitUsage
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errReported):
		return exitFailed
	}
	fmt.Fprintf(w, "iocp %s: %s\n", name, explain(err))
	return exitFailed
}
