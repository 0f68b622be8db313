// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package enginetest is the suite that every engine passes: what engine.Engine promises, said in
// tests, whatever drives the operations. What one engine alone knows (its sizes, its fallbacks, its
// reasons for a refusal) is tested beside that engine.
package enginetest

import (
	"syscall"
	"testing"
	"unsafe"

	"iocp/internal/engine"
)

// Config says what is tested, and on what.
type Config struct {
	// New makes an engine, and the machine whose descriptors it works on: nil for this system's. It
	// skips the test where the engine cannot work. The suite closes the engine.
	New func(testing.TB) (engine.Engine, Machine)

	// Errno is Completion.Res of an operation that ended with an error; nil: the negative number.
	Errno func(syscall.Errno) int32

	// Skip gives the reason why a test, by its name, is not for this engine.
	Skip map[string]string

	// State describes an engine whose completions do not come, for the report. It may be nil.
	State func(engine.Engine) string

	// Most bounds the rounds of the long tests, where an engine is slow or has been tested before;
	// 0: no bound.
	Most int
}

// Machine makes what operations work on, and is the other end of it: its Read and Write do without
// the engine what another process would do. It belongs to one test, and closes what is left of its
// descriptors when that ends. What a machine does not have skips the test, with the reason.
type Machine interface {
	Pair() (a, b int32)                    // two connected stream sockets, with some room for data
	TCP() (a, b int32)                     // the same, of TCP or what resembles it most
	Pipe() (r, w int32)                    // a pipe
	File(content string) int32             // a regular file, to read and write; its position is 0
	Listen() (fd int32, at Address)        // a listening socket
	Bound() (fd int32, at Address)         // one that keeps its address, and at which nobody listens
	Socket() int32                         // one that can connect to what Listen returned
	Dup(fd int32) int32                    // another descriptor of the same file
	DupTo(fd, number int32)                // the same, with that number, which is free
	Adopt(fd int32)                        // the engine has made fd
	Gone(fd int32)                         // the engine has closed fd
	Read(fd int32, b []byte) (int, error)  // waits; the end of a stream is 0 without an error
	Write(fd int32, b []byte) (int, error) // waits
	Shutdown(fd int32, how uint32) error
	Close(fd int32) error
}

// Address is what an operation of kind Connect takes.
type Address struct {
	Addr unsafe.Pointer
	Len  int64
}

// Run runs the suite as subtests of t.
func Run(t *testing.T, c Config) { c.run(t, tests()) }

// RunOptional runs the part of the suite that is about the kinds that not every engine knows.
func RunOptional(t *testing.T, c Config) { c.run(t, optionalTests) }

func (c *Config) run(t *testing.T, tests []test) {
	c.checkNames(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if why := c.Skip[test.name]; why != "" {
				t.Skip(why)
			}
			test.run(newPort(t, c))
		})
	}
}

// checkNames fails for a reason to skip a test that does not exist, or that is no reason.
func (c *Config) checkNames(t *testing.T) {
	known := map[string]bool{}
	for _, test := range tests() {
		known[test.name] = true
	}
	for name, why := range c.Skip {
		if !known[name] || why == "" {
			t.Errorf("Config.Skip[%q] = %q: there is no such test, or no reason", name, why)
		}
	}
}

// test is one of the suite. Its name says what an engine does.
type test struct {
	name string
	run  func(*Port)
}

func tests() (all []test) {
	for _, group := range [][]test{kindTests, fileTests, streamTests, connectTests, cancelTests, optionalTests, countTests,
		watchTests, threadTests, reuseTests, lifeTests, stressTests} {
		all = append(all, group...)
	}
	return all
}
