// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"os"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// A file that was opened past the cache, or to be written through it, stays so when it is opened once more.
func TestAdoptKeepsHowAFileWasOpened(t *testing.T) {
	name := t.TempDir() + "/file"
	for flag, want := range map[uint32]uint32{
		0:                               0,
		ODirect:                         windows.FILE_NO_INTERMEDIATE_BUFFERING,
		windows.FILE_FLAG_WRITE_THROUGH: windows.FILE_WRITE_THROUGH,
		windows.FILE_FLAG_WRITE_THROUGH | ODirect: windows.FILE_WRITE_THROUGH | windows.FILE_NO_INTERMEDIATE_BUFFERING,
	} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|int(flag), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := Adopt(f.Fd())
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		mode, ok := nt.FileInformation(windows.Handle(fd), nt.ModeClass)
		if mode &= windows.FILE_WRITE_THROUGH | windows.FILE_NO_INTERMEDIATE_BUFFERING; !ok || mode != want {
			t.Errorf("flags %#x: the mode is %#x (known: %v), want %#x", flag, mode, ok, want)
		}
		Host.Close(fd)
	}
}
