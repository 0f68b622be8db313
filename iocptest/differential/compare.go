// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"fmt"
	"slices"
)

// Compare returns nil if two engines made the same of a program, or an error with the first step in
// which they did not. The errors are those of [Run].
func Compare(a, b Trace, errA, errB error) error {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && errA == nil && errB == nil {
			return fmt.Errorf("the engines differ:\n  %s\n  %s", a[i], b[i])
		}
	}
	switch {
	case errA != nil:
		return fmt.Errorf("on the first engine: %w", errA)
	case errB != nil:
		return fmt.Errorf("on the second engine: %w", errB)
	case len(a) != len(b):
		return fmt.Errorf("the engines differ: %d and %d steps", len(a), len(b))
	}
	return nil
}

// Shrink returns a program like p of which bad is true and that is no longer than p: no step can be
// left out of it without that bad becomes false, unless bad answers differently each time. It
// calls bad often.
func Shrink(p Program, bad func(Program) bool) Program {
	for n := len(p.Steps) / 2; n > 0; n /= 2 {
		for again := true; again; {
			again = false
			for at := 0; at < len(p.Steps); {
				q := p
				q.Steps = slices.Delete(slices.Clone(p.Steps), at, min(at+n, len(p.Steps)))
				if bad(q) {
					p, again = q, n == 1
				} else {
					at += n
				}
			}
		}
	}
	for _, simpler := range []func(*Program){
		func(p *Program) { p.Takers = 0 },
		func(p *Program) { p.Concurrency = 0 },
		func(p *Program) { p.Batch = 0 },
	} {
		q := p
		if simpler(&q); bad(q) {
			p = q
		}
	}
	return p
}
