// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

// content is the byte at a position of what has this seed: unlike its neighbours at every distance
// that matters, and known to both sides without being kept.
func content(seed, at uint64) byte {
	x := (seed+1)*0x9e3779b97f4a7c15 + at*0xbf58476d1ce4e5b9
	return byte(x>>56 ^ x>>24)
}

// fill makes b the content from a position on.
func fill(b []byte, seed, at uint64) {
	for i := range b {
		b[i] = content(seed, at+uint64(i))
	}
}

// mismatch returns the index of the first byte that is not the content, or -1.
func mismatch(b []byte, seed, at uint64) int {
	for i := range b {
		if b[i] != content(seed, at+uint64(i)) {
			return i
		}
	}
	return -1
}

// cut makes up to n pieces of b, of different lengths.
func cut(b []byte, n int) [][]byte {
	var pieces [][]byte
	for ; n > 1 && len(b) > 1; n-- {
		k := max(1, len(b)/(n+1))
		pieces, b = append(pieces, b[:k]), b[k:]
	}
	return append(pieces, b)
}
