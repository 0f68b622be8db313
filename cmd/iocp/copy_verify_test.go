// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestVerifyFindsAFlippedByte(t *testing.T) {
	for _, at := range []int64{0, 5000, 99999} {
		for _, args := range [][]string{{"-verify"}, {"-verify", "-block", "8K"}, {"-verify", "-direct"}} {
			leakCheck(t)
			dir := t.TempDir()
			if args[len(args)-1] == "-direct" {
				requireDirect(t, dir)
			}
			content := randomBytes(100000)
			writeFile(t, dir+"/src", content)
			writeFile(t, dir+"/dst", []byte("what was there"))
			f := newCopy(t, args...)
			f.written = func(name string) { flip(t, name, at) }
			code, _, stderr := copyWith(t.Context(), f, dir+"/src", dir+"/dst")
			if code != exitFailed || !strings.Contains(stderr, fmt.Sprintf("differs from byte %d on", at)) || !strings.Contains(stderr, "dst") {
				t.Errorf("%v, byte %d: status %d, stderr %q", args, at, code, stderr)
			}
			wantFile(t, dir+"/dst", []byte("what was there"))
			wantNames(t, dir, "dst", "src")
		}
	}
}

// flip changes one byte of the file without opening it for the copy.
func flip(t *testing.T, name string, at int64) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	var b [1]byte
	f.ReadAt(b[:], at)
	b[0] ^= 1
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Error(err)
	}
}

func TestVerifyFindsACopyOfTheWrongLength(t *testing.T) {
	for _, size := range []int64{99999, 100001} {
		dir := t.TempDir()
		writeFile(t, dir+"/src", randomBytes(100000))
		f := newCopy(t, "-verify")
		f.written = func(name string) { os.Truncate(name, size) }
		code, _, stderr := copyWith(t.Context(), f, dir+"/src", dir+"/dst")
		if want := fmt.Sprintf("differs from byte %d on", min(size, 100000)); code != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("length %d: status %d, stderr %q", size, code, stderr)
		}
	}
}

// A source that is written to while the copy is verified is not called a broken copy.
func TestVerifyTellsAChangeOfTheSourceFromABadCopy(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/src", randomBytes(100000))
	f := newCopy(t, "-verify")
	f.written = func(string) {
		flip(t, dir+"/src", 50000)
		os.Chtimes(dir+"/src", time.Time{}, time.Unix(1, 0))
	}
	code, _, stderr := copyWith(t.Context(), f, dir+"/src", dir+"/dst")
	if code != exitFailed || !strings.Contains(stderr, "was written to while it was copied") || strings.Contains(stderr, "differs") {
		t.Errorf("status %d, stderr %q", code, stderr)
	}
}
