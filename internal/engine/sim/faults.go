// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"time"
)

// Faults says how often a machine misbehaves. Every field but the two durations is the probability,
// from 0 to 1, that a request suffers it, where it makes sense for the request's kind. The zero
// value is a machine on which everything works.
type Faults struct {
	Delay    float64       // a request is begun late, by up to MaxDelay
	MaxDelay time.Duration // 0: 5 ms
	Latency  time.Duration // usual time of anything; 0: 10 us. Each takes from half to one and a half of it

	Short     float64 // a transfer on a stream moves only some of what it could; so does a write to a file
	Reset     float64 // the connection is reset under a transfer; what an accept would bring is gone
	Refuse    float64 // a connect ends with ECONNREFUSED although somebody listens
	Lose      float64 // a datagram is lost
	Duplicate float64 // a datagram arrives twice
	Disk      float64 // a file answers EIO, or ENOSPC to a write

	LateCancel float64 // a cancel comes late, by up to MaxDelay, when the request may be over

	Interrupt  float64 // EINTR
	Again      float64 // EAGAIN, although the descriptor is a blocking one
	NoMemory   float64 // ENOMEM
	NoBuffers  float64 // ENOBUFS, of sockets
	NoFiles    float64 // EMFILE or ENFILE, of accepts and of new descriptors
	ThreadLoss float64 // ECANCELED that nobody asked for

	Overflow  float64 // the completion does not fit: only Enter(true) brings it, and those behind it
	Deferred  float64 // the completion is there only when somebody enters, or nudges
	FullQueue float64 // Enter takes the requests before this one only
	Reorder   float64 // the completion appears late, behind others, by up to MaxDelay
}

// Everywhere returns faults that are all equally likely, the durations left as they are.
func Everywhere(p float64) Faults {
	var f Faults
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Float64 {
			v.Field(i).SetFloat(p)
		}
	}
	return f
}

// check says what is wrong with f.
func (f *Faults) check() error {
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if x := v.Field(i); x.Kind() == reflect.Float64 && !(x.Float() >= 0 && x.Float() <= 1) {
			return errors.New("sim: Faults." + v.Type().Field(i).Name + " is a probability and must be from 0 to 1")
		}
	}
	if f.MaxDelay < 0 || f.Latency < 0 {
		return errors.New("sim: Faults.MaxDelay and Faults.Latency must not be negative")
	}
	return nil
}

func (f *Faults) complete() {
	if f.MaxDelay == 0 {
		f.MaxDelay = 5 * time.Millisecond
	}
	if f.Latency == 0 {
		f.Latency = 10 * time.Microsecond
	}
}

// dice are one request's, or one call's.
type dice struct{ pcg rand.PCG }

// throw makes the dice those of number n of the stream.
func (d *dice) throw(seed, stream, n uint64) {
	d.pcg.Seed(seed^mix(stream), mix(n+stream<<40))
}

// mix is the finalizer of splitmix64: neighbours become strangers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hits reports whether something of probability p happens. One that is impossible takes no dice, so
// that a new kind of fault leaves the histories without it as they are.
func (d *dice) hits(p float64) bool {
	return p > 0 && float64(d.pcg.Uint64()>>11)/(1<<53) < p
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int64) int64 {
	if n <= 1 {
		return 0
	}
	return int64(d.pcg.Uint64() % uint64(n))
}

// some returns a number from 1 to n.
func (d *dice) some(n int) int { return 1 + int(d.below(int64(n))) }
