// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"math/rand/v2"
	"testing"
)

func TestMedianIsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.of, got, c.want)
		}
	}
}

// The interval is as sure as it says, of a distribution that is anything but even.
func TestIntervalHoldsTheTrueMedian(t *testing.T) {
	const tries = 4000
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 40, 100} {
		held, width := 0, 0.0
		for range tries {
			v := make([]float64, n)
			for i := range v {
				x := r.Float64() - 0.5 // the median is 0
				v[i] = x * x * x
			}
			low, high := interval(v)
			width += high - low
			if low <= 0 && 0 <= high {
				held++
			}
		}
		if share := float64(held) / tries; share < 0.95 || share > 0.995 {
			t.Errorf("%d values: the interval held the median in %.3f of the tries; want 0.95 and not much more", n, share)
		}
		t.Logf("%d values: %.3f, %.4f wide", n, float64(held)/tries, width/tries)
	}
}

func TestIntervalOfOneValueIsThatValue(t *testing.T) {
	if low, high := interval([]float64{7}); low != 7 || high != 7 {
		t.Errorf("%v to %v, want 7 to 7", low, high)
	}
}
