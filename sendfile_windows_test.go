// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/nt"
)

// TestSendFileByTransmitFile runs the tests of SendFile on ports whose engine sends files by itself, which
// on workstations and under Wine it does only if it is told to. Cancels are left out, for Wine loses some.
func TestSendFileByTransmitFile(t *testing.T) {
	const name = "nt, TransmitFile"
	was, all := preferred, engines
	t.Cleanup(func() { preferred, engines = was, all })
	engines = append(engines[:len(engines):len(engines)], engineOf{name: name, named: true, probe: engines[0].probe,
		make: func() (engine.Engine, error) { return nt.New(nt.Options{TransmitFile: true}) }})
	preferred = name

	p := newPort(t)
	if tcpPair(t, p); !p.c.offers(engine.SendFile) {
		t.Fatal("the engine does not offer SendFile")
	}
	t.Run("Parts", TestSendFileParts)
	t.Run("WaitsForASlowReader", TestSendFileWaitsForASlowReader)
	t.Run("OfAFileWithoutPort", TestSendFileOfAFileWithoutPort)
	t.Run("OfAFileThatIsShorter", testSendFileOfAFileThatIsShorter)
	t.Run("TruncatedOnTheWay", TestSendFileTruncatedOnTheWay)
	t.Run("FromAPipe", TestSendFileFromAPipe)
	t.Run("BehindAClosedConnection", TestSendFileBehindAClosedConnection)
	t.Run("OfAFileThatGrows", testSendFileOfAFileThatGrows)

	t.Cleanup(func() { maxTransmit = engine.MaxSendFile })
	maxTransmit = 250_001 // of 300,000 and more
	t.Run("PartsInPieces", TestSendFileParts)
}

func testSendFileOfAFileThatIsShorter(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	o := &op{name: "sendfile"}
	for _, off := range []int64{0, 7, 1 << 40} {
		want := "head" + "content"[min(off, 7):]
		ok(t, c.SendFile(o, f, off, 100, []byte("head"), []byte("tail")))
		expect(t, p, o, int64(len(want)), io.ErrUnexpectedEOF)
		same(t, await(t, "the content", receive(far, len(want))), []byte(want))
	}
	quiet(t, p)
}

// To the end of a file is to where it ends when that has been reached.
func testSendFileOfAFileThatGrows(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(16 << 20)
	f := tempFile(t, p, content[:12<<20])
	o, w := &op{name: "sendfile"}, &op{name: "write"}
	ok(t, c.SendFile(o, f, 0, -1, []byte("head"), []byte("tail")))
	if _, err := p.Get(0); err != ErrTimeout {
		t.Fatalf("sending 12 MiB that nobody reads is over: %v", err)
	}
	ok(t, f.Write(w, content[12<<20:], 12<<20))
	expect(t, p, w, 4<<20, nil)
	got := receive(far, len(content)+8)
	expect(t, p, o, int64(len(content)+8), nil)
	same(t, await(t, "the content", got), append(append([]byte("head"), content...), "tail"...))
}
