// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"syscall"

	"iocp/internal/engine"
)

var kindTests = []test{
	{"NopDoesNothing", func(p *Port) { p.Is("nop", p.Do(&engine.Op{Kind: engine.Nop, FD: -1}), 0) }},
	{"NopIgnoresTheOtherFields", func(p *Port) {
		p.Is("nop", p.Do(&engine.Op{Kind: engine.Nop, Len: 7, Flags: ^uint32(0), Off: -1}), 0)
	}},
	{"UnknownKindIsInvalid", func(p *Port) { p.Is("kind 200", p.Do(&engine.Op{Kind: 200}), p.errno(syscall.EINVAL)) }},
	{"EveryKindHasAName", everyKindHasAName},
	{"BadDescriptorIsACompletion", badDescriptor},
	{"ABadRequestDoesNotHoldBackTheOthers", badRequest},
	{"PollIsOneShot", pollIsOneShot},
	{"PollOfWhatIsReadyEndsAtOnce", pollOfWhatIsReady},
	{"PollEndsAtTheEndOfAStream", pollAtTheEnd},
	{"CloseClosesTheDescriptor", closeCloses},
	{"ShutdownEndsTheOtherSidesStream", shutdownEnds},
	{"AnOperationMayBeUsedAgain", usedAgain},
}

func everyKindHasAName(p *Port) {
	seen := map[string]bool{}
	for k := engine.Nop; k <= engine.SendFile; k++ {
		if s := k.String(); s == "unknown" || seen[s] {
			p.Errorf("kind %d is called %q", k, s)
		}
		seen[k.String()] = true
	}
	if s := (engine.SendFile + 1).String(); s != "unknown" {
		p.Errorf("there is a kind %q that this suite does not know", s)
	}
}

// descriptorKinds need one.
func descriptorKinds() []engine.Kind {
	return []engine.Kind{engine.Read, engine.Write, engine.Readv, engine.Writev, engine.Recv, engine.Send, engine.RecvMsg,
		engine.SendMsg, engine.Accept, engine.Connect, engine.Shutdown, engine.Sync, engine.Poll, engine.Close}
}

func badDescriptor(p *Port) {
	_, at := p.Listen()
	for _, k := range descriptorKinds() {
		o := Op(k, -1, make([]byte, 1))
		switch k {
		case engine.Readv, engine.Writev:
			o.Addr, o.Len = Vectors(make([]byte, 1))
		case engine.RecvMsg, engine.SendMsg:
			o.Addr = Message(make([]byte, 1))
		case engine.Connect:
			o.Addr, o.Off = at.Addr, at.Len
		case engine.Sync:
			o.Flags = 0
		}
		p.Is(k.String(), p.Do(o), p.errno(syscall.EBADF))
	}
}

func badRequest(p *Port) {
	bad := &engine.Op{Kind: engine.Shutdown, FD: -1, Len: 9}
	p.Start(append(Nops(2), append([]*engine.Op{bad}, Nops(2)...)...)...)
	for _, c := range p.Wait(5) {
		if (c.Res != 0) != (c.Op == bad) {
			p.Errorf("%v ended with %d", c.Op.Kind, c.Res)
		}
	}
}

func pollIsOneShot(p *Port) {
	a, b := p.Pair()
	in := &engine.Op{Kind: engine.Poll, FD: a, Flags: pollIn}
	p.Start(in)
	p.None()
	p.Send(b, "x")
	p.Is("poll", p.WaitFor(in), pollIn)
	p.Send(b, "y")
	p.None()
}

func pollOfWhatIsReady(p *Port) {
	a, b := p.Pair()
	p.Is("poll for writing", p.Do(&engine.Op{Kind: engine.Poll, FD: a, Flags: pollOut}), pollOut)
	p.Send(b, "x")
	p.Is("poll for either", p.Do(&engine.Op{Kind: engine.Poll, FD: a, Flags: pollIn | pollOut}), pollIn|pollOut)
}

func pollAtTheEnd(p *Port) {
	a, b := p.Pair()
	in := &engine.Op{Kind: engine.Poll, FD: a, Flags: pollIn}
	p.Start(in)
	p.None()
	p.Machine.Close(b)
	if res := p.WaitFor(in); res <= 0 || res&(pollIn|pollHup) == 0 {
		p.Errorf("events %#x, want POLLIN or POLLHUP", res)
	}
}

func closeCloses(p *Port) {
	r, w := p.Pipe()
	p.Is("close", p.CloseFD(w), 0)
	p.Holds(r, "")
}

// shutdownEnds: FD's own side is still able to receive.
func shutdownEnds(p *Port) {
	a, b := p.Pair()
	p.Is("shutdown", p.Do(&engine.Op{Kind: engine.Shutdown, FD: a, Len: shutWrite}), 0)
	p.Holds(b, "")
	p.Send(b, "x")
	p.Is("recv", p.Do(Op(engine.Recv, a, make([]byte, 2))), 1)
}

func usedAgain(p *Port) {
	a, b := p.Pair()
	buf := make([]byte, 8)
	o := Op(engine.Recv, a, buf)
	for _, s := range []string{"one", "two"} {
		p.Start(o)
		p.Send(b, s)
		if res := p.WaitFor(o); res != 3 || string(buf[:3]) != s {
			p.Errorf("received %d %q, want %q", res, buf, s)
		}
		if o.Next != nil {
			p.Error("the operation was given back with Next set")
		}
	}
	o.Kind, o.Len = engine.Nop, 0
	p.Is("nop", p.Do(o), 0)
}
