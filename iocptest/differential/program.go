// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Program is what [Run] plays. Every value is a valid program: a step that makes no sense where
// it stands does nothing, on every engine.
type Program struct {
	Concurrency uint8 // of the port, less one: 0 to 3
	Takers      uint8 // workers that take the packets, 0 to 3; with 0 the program itself does
	Batch       uint8 // packets taken at a time, less one: 0 to 15

	Steps []Step
}

// A Step is one thing to do. What A and B mean is the kind's business.
type Step struct {
	Kind, Slot uint8
	A, B       uint16
}

// Random returns the program of n steps that belongs to a seed.
func Random(seed uint64, n int) Program {
	r := rand.New(rand.NewPCG(seed, 0x10c9))
	p := Program{Concurrency: uint8(r.IntN(4)), Batch: uint8(r.IntN(16)), Steps: make([]Step, n)}
	if r.IntN(2) == 0 {
		p.Takers = uint8(r.IntN(4))
	}
	for i := range p.Steps {
		p.Steps[i] = Step{uint8(r.UintN(256)), uint8(r.UintN(256)), uint16(r.UintN(1 << 16)), uint16(r.UintN(1 << 16))}
	}
	return p
}

const (
	headSize = 3
	stepSize = 6
)

// Decode makes a program of any bytes, at most max steps; what does not fill a step is left out.
func Decode(data []byte, max int) Program {
	var p Program
	if len(data) < headSize {
		return p
	}
	p.Concurrency, p.Takers, p.Batch = data[0]%4, data[1]%4, data[2]%16
	for data = data[headSize:]; len(data) >= stepSize && len(p.Steps) < max; data = data[stepSize:] {
		p.Steps = append(p.Steps, Step{data[0], data[1], binary.LittleEndian.Uint16(data[2:]), binary.LittleEndian.Uint16(data[4:])})
	}
	return p
}

// encode is the inverse of Decode.
func (p Program) encode() []byte {
	data := []byte{p.Concurrency, p.Takers, p.Batch}
	for _, s := range p.Steps {
		data = append(data, s.Kind, s.Slot)
		data = binary.LittleEndian.AppendUint16(data, s.A)
		data = binary.LittleEndian.AppendUint16(data, s.B)
	}
	return data
}

// String returns the program in the form that [Parse] reads.
func (p Program) String() string { return hex.EncodeToString(p.encode()) }

// Parse reads what [Program.String] has written.
func Parse(s string) (Program, error) {
	data, err := hex.DecodeString(s)
	if err != nil {
		return Program{}, fmt.Errorf("a program is what Program.String prints: %w", err)
	}
	if len(data) < headSize || (len(data)-headSize)%stepSize != 0 {
		return Program{}, fmt.Errorf("a program is what Program.String prints, and not %d bytes long", len(data))
	}
	return Decode(data, len(data)), nil
}

// Listing describes the program, one line for each step.
func (p Program) Listing() string {
	var b strings.Builder
	fmt.Fprintf(&b, "concurrency %d, %d workers take packets (0: the program itself), %d at a time\n",
		p.Concurrency%4+1, p.Takers%4, p.Batch%16+1)
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "%3d %s\n", i, s)
	}
	return b.String()
}

func (s Step) String() string {
	return fmt.Sprintf("%-22s slot %d, A %d, B %d", s.kind().name, s.Slot, s.A, s.B)
}
