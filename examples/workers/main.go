// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Workers shows what the concurrency value does. Eight workers serve one port that lets two
// run. Jobs that compute run two at a time; jobs that wait, for a channel or a timer, give
// their place to others while they do, so all eight are used.
//
//	go run ./examples/workers
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
)

// job is posted, not started: a packet may carry any operation value.
type job struct {
	iocp.Overlapped
	run func()
}

// measure runs jobs and returns the greatest number that were between their begin and their
// end at one time.
func measure(jobs int, run func()) (most int64, took time.Duration) {
	port, err := iocp.NewPort(iocp.Config{Concurrency: 2})
	if err != nil {
		panic(err)
	}
	var inside, peak atomic.Int64
	var done, workers sync.WaitGroup
	done.Add(jobs)
	for range 8 {
		workers.Go(func() {
			for c := range port.All() {
				n := inside.Add(1)
				for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
				}
				c.Op.(*job).run()
				inside.Add(-1)
				done.Done()
			}
		})
	}
	began := time.Now()
	for range jobs {
		port.Post(iocp.Completion{Op: &job{run: run}})
	}
	done.Wait()
	took = time.Since(began)
	port.Close()
	workers.Wait()
	return peak.Load(), took
}

func compute() {
	for end := time.Now().Add(2 * time.Millisecond); time.Now().Before(end); {
	}
}

func wait() { time.Sleep(20 * time.Millisecond) }

func main() {
	most, took := measure(40, compute)
	fmt.Printf("40 jobs that compute 2 ms: at most %d at a time, %v in all\n", most, took.Round(time.Millisecond))
	most, took = measure(40, wait)
	fmt.Printf("40 jobs that wait 20 ms:   at most %d at a time, %v in all\n", most, took.Round(time.Millisecond))
}
