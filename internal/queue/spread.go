// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "math"

// spread reports whether the i-th of something is one of those that are looked at, one in so many. What a port
// does often takes turns in a step of its own, such as a receive and a send for each message, and
// every eighth of that would be a send. Multiples of the golden ratio keep step with nothing.
func spread(i, of uint32) bool { return i*0x9e3779b9 < math.MaxUint32/of }
