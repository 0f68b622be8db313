// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"bytes"
	"sync"
	"syscall"
	"unsafe"

	"iocp/internal/engine"
)

// The kinds that some engines alone know: see engine.Optional.
var optionalTests = []test{
	{"OptionalKindsAreOfferedOrInvalid", optionalKinds},
	{"DisconnectEndsTheOtherSidesStream", disconnectEnds},
	{"DisconnectMayFollowAShutdown", disconnectAfterShutdown},
	{"DisconnectLetsAReceiveGoOn", disconnectUnderRecv},
	{"DisconnectOfWhatIsNotConnectedFails", disconnectUnconnected},
	{"SendFileSendsTheHeadAndAPart", sendFileParts},
	{"SendFileEndsWhereTheFileEnds", sendFileAtTheEnd},
	{"SendFileRefusesWhatHasToBeRead", sendFileUnsuited},
	{"SendFileBoundsWhatItIsAskedFor", sendFileTooMuch},
	{"SendFileWaitsForTheOtherSide", sendFileWaits},
	{"CancelledSendFileSaysWhatItHadSent", cancelledSendFile},
	{"ManySendFilesDoNotWaitForEachOther", manySendFiles},
	{"SendFileToAPeerThatResets", sendFileToNobody},
}

func (p *Port) offers(k engine.Kind) bool {
	o, ok := p.Engine.(engine.Optional)
	return ok && o.Offers(k)
}

// needs skips the test where the engine does not know k.
func (p *Port) needs(k engine.Kind) {
	p.Helper()
	if !p.offers(k) {
		p.Skipf("engine %q does not offer %v", p.Name(), k)
	}
}

func optionalKinds(p *Port) {
	a, _ := p.TCP()
	for _, k := range []engine.Kind{engine.Disconnect, engine.SendFile} {
		if p.offers(k) {
			bad := sendFileOp(-1, -1, 0, 1)
			bad.Kind = k
			p.Is(k.String(), p.Do(bad), p.errno(syscall.EBADF))
			continue
		}
		p.Is(k.String(), p.Do(&engine.Op{Kind: k, FD: a}), p.errno(syscall.EINVAL))
	}
}

func disconnectOp(fd int32) *engine.Op { return &engine.Op{Kind: engine.Disconnect, FD: fd} }

func disconnectEnds(p *Port) {
	p.needs(engine.Disconnect)
	for range 20 {
		a, b := p.TCP()
		p.Is("send", p.Do(Op(engine.Send, a, []byte("last"))), 4)
		p.Is("disconnect", p.Do(disconnectOp(a)), 0)
		p.Holds(b, "last")
		p.Holds(b, "")
		p.Send(b, "x")
		p.Is("recv", p.Do(Op(engine.Recv, a, make([]byte, 2))), 1)
		p.Is("close", p.CloseFD(a), 0)
	}
	p.None()
}

func disconnectAfterShutdown(p *Port) {
	p.needs(engine.Disconnect)
	a, b := p.TCP()
	p.Is("shutdown", p.Do(&engine.Op{Kind: engine.Shutdown, FD: a, Len: shutWrite}), 0)
	p.Is("disconnect", p.Do(disconnectOp(a)), 0)
	p.Is("disconnect again", p.Do(disconnectOp(a)), 0)
	p.Holds(b, "")
}

func disconnectUnderRecv(p *Port) {
	p.needs(engine.Disconnect)
	a, b := p.TCP()
	recv := Op(engine.Recv, a, make([]byte, 4))
	p.Start(recv)
	p.None()
	p.Is("disconnect", p.Do(disconnectOp(a)), 0)
	p.Holds(b, "")
	p.None()
	p.Send(b, "abc")
	p.Is("recv", p.WaitFor(recv), 3)
}

func disconnectUnconnected(p *Port) {
	p.needs(engine.Disconnect)
	if res := p.Do(disconnectOp(p.Socket())); res >= 0 {
		p.Errorf("the result is %d", res)
	}
	p.None()
}

func sendFileOp(fd, file int32, off int64, n int, head ...byte) *engine.Op {
	part := &engine.FilePart{File: file, Head: head}
	return &engine.Op{Kind: engine.SendFile, FD: fd, Addr: unsafe.Pointer(part), Len: uint32(n), Off: off}
}

// arrives checks that want is what comes next from fd, in whatever pieces.
func (p *Port) arrives(fd int32, want string) {
	p.Helper()
	if got := p.Drain(fd, len(want)); string(got) != want {
		p.Errorf("received %q, want %q", got, want)
	}
}

func sendFileParts(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	f := p.File("0123456789")
	for range 50 {
		for _, k := range []struct {
			off     int64
			n       int
			head, w string
		}{{0, 10, "", "0123456789"}, {3, 4, "", "3456"}, {9, 1, "head", "head9"}, {0, 0, "head", "head"}, {0, 0, "", ""}} {
			p.Is("sendfile", p.Do(sendFileOp(a, f, k.off, k.n, []byte(k.head)...)), int32(len(k.w)))
			if k.w != "" {
				p.arrives(b, k.w)
			}
		}
	}
	p.None()
}

func sendFileAtTheEnd(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	f := p.File("0123456789")
	p.Is("across the end", p.Do(sendFileOp(a, f, 8, 100)), 2)
	p.arrives(b, "89")
	p.Is("across the end, with a head", p.Do(sendFileOp(a, f, 8, engine.MaxSendFile-1, 'h')), 3)
	p.arrives(b, "h89")
	for _, off := range []int64{10, 11, 1 << 40} {
		p.Is("at the end", p.Do(sendFileOp(a, f, off, 1)), 0)
		p.Is("at the end, with a head", p.Do(sendFileOp(a, f, off, 1, 'h')), 1)
		p.arrives(b, "h")
	}
	p.None()
}

func sendFileUnsuited(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	r, w := p.Pipe()
	p.Send(w, "hello")
	for _, file := range []int32{r, b, -1} {
		p.Is("sendfile", p.Do(sendFileOp(a, file, 0, 5, 'h')), p.errno(syscall.EOPNOTSUPP))
	}
	p.Holds(r, "hello")
	p.Send(a, "x")
	p.arrives(b, "x")
}

func sendFileTooMuch(p *Port) {
	p.needs(engine.SendFile)
	a, _ := p.TCP()
	f := p.File("0123456789")
	p.Is("too long", p.Do(sendFileOp(a, f, 0, engine.MaxSendFile, 'h')), p.errno(syscall.EINVAL))
	p.Is("a negative offset", p.Do(sendFileOp(a, f, -1, 1)), p.errno(syscall.EINVAL))
}

// long is more than a connection holds.
const long = 8 << 20

func (p *Port) longFile() (fd int32, content []byte) {
	content = bytes.Repeat([]byte("0123456789abcde"), long/15)
	return p.File(string(content)), content
}

func sendFileWaits(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	f, content := p.longFile()
	o := sendFileOp(a, f, 5, long, []byte("head")...)
	p.Start(o)
	p.None()
	want := append([]byte("head"), content[5:]...)
	got := make(chan []byte, 1)
	go func() { got <- p.Drain(b, len(want)) }()
	p.Is("sendfile", p.WaitFor(o), int32(len(want)))
	if !bytes.Equal(<-got, want) {
		p.Error("the other side received something else")
	}
	p.None()
}

func cancelledSendFile(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	f, content := p.longFile()
	o := sendFileOp(a, f, 0, long)
	p.Start(o)
	p.None()
	p.CancelAll(o)
	res := p.WaitFor(o)
	if res <= 0 || int(res) >= len(content) {
		p.Fatalf("the result is %d of %d", res, len(content))
	}
	p.Is("close", p.CloseFD(a), 0)
	if got := p.Drain(b, len(content)); !bytes.Equal(got, content[:res]) {
		p.Errorf("the result is %d, and the other side received %d bytes", res, len(got))
	}
}

func manySendFiles(p *Port) {
	p.needs(engine.SendFile)
	f, content := p.longFile()
	var slow []*engine.Op
	var peers []int32
	for range 6 {
		a, b := p.TCP()
		slow, peers = append(slow, sendFileOp(a, f, 0, long)), append(peers, b)
	}
	p.Start(slow...)
	p.None()
	a, b := p.TCP()
	p.Is("sendfile", p.Do(sendFileOp(a, f, 10, 5)), 5)
	p.arrives(b, "abcde")
	var read sync.WaitGroup
	for _, b := range peers {
		read.Go(func() { p.Drain(b, len(content)) })
	}
	for _, c := range p.Wait(len(slow)) {
		p.Is("sendfile to one that was slow", c.Res, int32(len(content)))
	}
	read.Wait()
}

func sendFileToNobody(p *Port) {
	p.needs(engine.SendFile)
	a, b := p.TCP()
	f, _ := p.longFile()
	o := sendFileOp(a, f, 0, long)
	p.Start(o)
	p.None()
	p.Machine.Close(b) // with data that it has not read, which resets the connection
	if res := p.WaitFor(o); res >= long {
		p.Errorf("the result is %d", res)
	}
	if res := p.Do(o); res >= 0 {
		p.Errorf("the result is %d when that is known", res)
	}
}
