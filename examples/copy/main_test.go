// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestCopiesEveryByte(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int{0, 1, blockSize, 5*blockSize + 17} {
		data := make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(data)
		src, dst := filepath.Join(dir, "src"), filepath.Join(dir, "dst")
		if err := os.WriteFile(src, data, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := copyFile(src, dst)
		if err != nil || n != int64(size) {
			t.Fatalf("copied %d of %d bytes: %v", n, size, err)
		}
		if got, _ := os.ReadFile(dst); !bytes.Equal(got, data) {
			t.Fatalf("the copy of %d bytes differs", size)
		}
	}
}

func TestSaysWhatIsMissing(t *testing.T) {
	if _, err := copyFile(filepath.Join(t.TempDir(), "absent"), "x"); !os.IsNotExist(err) {
		t.Fatal("want a not-exist error, got", err)
	}
}
