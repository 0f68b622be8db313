// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net"
	"testing"
)

func TestEchoesWhatIsSent(t *testing.T) {
	s, err := start("127.0.0.1:0", 4)
	if err != nil {
		t.Skip("no engine here: ", err)
	}
	defer s.stop()
	for range 3 {
		c, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want := bytes.Repeat([]byte("completion port "), 5000)
		go c.Write(want)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatal("the echo differs from what was sent")
		}
	}
}
