// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A command is one subcommand: what help says of it, and how it is made.
type command struct {
	name    string
	args    string // what follows the flags
	summary string // one line
	details string

	// declare declares the flags of the command and returns what runs it once they
	// are parsed.
	declare func(fs *flag.FlagSet) action
}

// An action runs a command with the operands that were left beside its flags.
type action func(ctx context.Context, operands []string, o output) error

// commands are the subcommands in the order in which help lists them. It is a function
// because the help of a command refers to the list.
func commands() []*command {
	return []*command{serveCommand, echoCommand, copyCommand, infoCommand}
}

func lookup(name string) *command {
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd
		}
	}
	return nil
}

// A usageError is a command line that cannot be understood: exit status 2.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error {
	return usageError(fmt.Sprintf(format, args...))
}

// errHelp is what parse returns for -h and -help.
var errHelp = flag.ErrHelp

func (cmd *command) flagSet() (*flag.FlagSet, action) {
	fs := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // status prints the error, once
	fs.Usage = func() {}
	return fs, cmd.declare(fs)
}

// parse parses args with flags and operands in any order, up to a "--" after which
// everything is an operand, and returns the operands.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var operands []string
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, errHelp
		} else if err != nil {
			return nil, usageError(err.Error())
		}
		rest := fs.Args()
		parsed := len(args) - len(rest)
		if len(rest) == 0 || parsed > 0 && args[parsed-1] == "--" {
			return append(operands, rest...), nil
		}
		operands = append(operands, rest[0])
		args = rest[1:]
	}
}

func help(args []string, o output) int {
	switch len(args) {
	case 0:
		printOverview(o.out)
		return 0
	case 1:
		if cmd := lookup(args[0]); cmd != nil {
			cmd.printHelp(o.out)
			return 0
		}
	}
	fmt.Fprintf(o.err, "iocp: no help on %q; 'iocp help' lists the commands\n", strings.Join(args, " "))
	return exitUsage
}

func printOverview(w io.Writer) {
	fmt.Fprint(w, "iocp works with I/O completion ports.\n\nUsage: iocp COMMAND [flags] [arguments]\n\nCommands:\n")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-7s %s\n", cmd.name, cmd.summary)
	}
	fmt.Fprint(w, "  help    tell more about a command: iocp help COMMAND\n")
}

func (cmd *command) printHelp(w io.Writer) {
	fs, _ := cmd.flagSet()
	fmt.Fprintf(w, "Usage: iocp %s [flags]%s\n\n%s\n\nFlags:\n", cmd.name, prefixed(" ", cmd.args), strings.TrimSpace(cmd.details))
	fs.SetOutput(w)
	fs.PrintDefaults()
}

// prefixed returns s with p in front, or "" when s is empty.
func prefixed(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

// A byteSize is a flag that takes a number of bytes: 4096, 64K, 1M, 2GiB.
type byteSize int64

func (b *byteSize) String() string {
	n := int64(*b)
	for i, unit := range []string{"G", "M", "K"} {
		if size := int64(1) << (30 - 10*i); n >= size && n%size == 0 {
			return strconv.FormatInt(n/size, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}

func (b *byteSize) Set(s string) error {
	digits := strings.TrimRight(s, "KMGiBkmgb")
	shift, ok := map[string]int{"": 0, "B": 0, "K": 10, "M": 20, "G": 30}[unit(s[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 || n > 1<<62>>shift {
		return errors.New("want a number of bytes such as 4096, 64K or 1M")
	}
	*b = byteSize(n << shift)
	return nil
}

// unit brings KiB, kB and k to K, the way of writing that [byteSize] prints.
func unit(s string) string {
	s = strings.ToUpper(s)
	if len(s) > 1 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "B"), "I")
	}
	return s
}
