// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue_test

import (
	"fmt"
	"sync"

	"iocp/internal/queue"
)

// Two workers serve one port. At most one of them runs, and both leave when it is closed.
func Example() {
	var workers queue.Workers[string]
	port := queue.New(&workers, 1)
	var served, pool sync.WaitGroup
	for range 2 {
		pool.Go(func() {
			for {
				packet, err := port.GetOne(queue.NoContext, -1)
				if err != nil {
					return
				}
				fmt.Println(packet)
				served.Done()
			}
		})
	}
	for _, packet := range []string{"first", "second", "third"} {
		served.Add(1)
		if err := port.Post(packet); err != nil {
			fmt.Println(err)
		}
	}
	served.Wait()
	port.Close()
	pool.Wait()
	fmt.Println(port.Post("fourth"))
	// Output:
	// first
	// second
	// third
	// the port is closed
}
