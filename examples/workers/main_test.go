// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestWaitingJobsGiveTheirPlace(t *testing.T) {
	if most, _ := measure(40, wait); most != 8 {
		t.Errorf("of jobs that wait %d were under way at a time, want all 8 workers", most)
	}
}
