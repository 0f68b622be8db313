// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "testing"

func TestLingersWhereThatMakesWaitsShorter(t *testing.T) {
	tests := []struct {
		name             string
		lingered, parked int64
		want             bool
	}{
		{"short waits of a peer elsewhere", 10_000, 35_000, true},
		{"a peer that runs when the watcher parks", 36_000, 6_000, false},
		{"long waits", 10 * lullMost, 10 * lullMost, false},
		{"long waits, longer still parked", 2 * lingerFor, 10 * lullMost, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := New(new(Workers[int]), 1)
			defer p.Close()
			lingered := 0
			for range 100 * lingerTry {
				p.stats.Watches++
				if p.patient() {
					lingered++
					p.lulls.note(true, test.lingered)
				} else {
					p.lulls.note(false, test.parked)
				}
			}
			const few = 150 // the tries, and some to learn from
			if n := lingered; test.want != (n > 100*lingerTry-few) || test.want == (n < few) {
				t.Errorf("%d of %d waits began with lingering", n, 100*lingerTry)
			}
		})
	}
}

// TestLearnsToLingerAgain: a port whose peer has moved to another process finds out.
func TestLearnsToLingerAgain(t *testing.T) {
	p := New(new(Workers[int]), 1)
	defer p.Close()
	p.lulls = lulls{lingered: 36_000, parked: 6_000}
	for n := 0; ; n++ {
		p.stats.Watches++
		patient := p.patient()
		p.lulls.note(patient, map[bool]int64{true: 10_000, false: 35_000}[patient])
		if patient && !p.tries() {
			return
		}
		if n > 100*lingerTry {
			t.Fatalf("after %d waits it still parks at once: %+v", n, p.lulls)
		}
	}
}
