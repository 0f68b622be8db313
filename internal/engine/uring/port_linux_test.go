// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"maps"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines, with rings of the usual size.
func TestEngine(t *testing.T) { enginetest.Run(t, suite(t, host, Options{}, 0)) }

// With queues that are full all the time.
func TestEngineWithSmallQueues(t *testing.T) {
	enginetest.Run(t, suite(t, host, Options{Entries: 8, CQEntries: 16}, 1000))
}

// With queues that overflow all the time.
func TestEngineWithTinyQueues(t *testing.T) {
	c := suite(t, host, Options{Entries: 2, CQEntries: 2}, 1000)
	const few = "Ready counts what the completion queue holds, which is 2 here"
	maps.Copy(c.Skip, map[string]string{
		"ReapTakesTheOldestFirst":           few,
		"ReapIntoASmallBufferLeavesTheRest": few,
		"ReadyCountsWhatReapFinds":          few,
		"EnterSubmitsOnlyWhatItIsTold":      "Pending counts what the submission queue holds, which is 2 here",
		"SteadyStateAllocatesNothing":       "what settles an overflow of the completion queue allocates",
	})
	enginetest.Run(t, c)
}

// Without membarrier(2) the eventfd is never silent.
func TestEngineWithoutMembarrier(t *testing.T) {
	enginetest.Run(t, suite(t, withBarrier(nil), Options{}, 1000))
}

func suite(t *testing.T, k *kernel, o Options, most int) enginetest.Config {
	skip := make(map[string]string)
	if !pipesTry(t) {
		skip["AFullPipeTakesWhatFits"] = "each request of this kernel's pipes blocks a worker of io-wq, and a signal, as Go sends them, " +
			"can keep the next one from being made: what would go on with the pipe waits for ever now and then"
	}
	return enginetest.Config{
		Skip:  skip,
		New:   func(t testing.TB) (engine.Engine, enginetest.Machine) { return newEngine(t, k, o), nil },
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
		Most:  most,
	}
}

// pipesTry reports whether a blocking pipe can be read without waiting, as it cannot on Linux 6.1.
func pipesTry(t *testing.T) bool {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	_, err := unix.Preadv2(p[0], [][]byte{make([]byte, 1)}, -1, unix.RWF_NOWAIT)
	return err == unix.EAGAIN
}

func newEngine(t testing.TB, k *kernel, o Options) *Engine {
	t.Helper()
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	e, err := k.newEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// port is what this engine alone does, and the harness of the suite.
type port struct {
	*enginetest.Port
	*Engine
}

func newPort(t testing.TB, o Options) *port {
	t.Helper()
	return newPortWith(t, host, o)
}

// newPortWith makes a port on a kernel that pretends to be another one.
func newPortWith(t testing.TB, k *kernel, o Options) *port {
	t.Helper()
	e := newEngine(t, k, o)
	return &port{enginetest.NewPort(t, e), e}
}
