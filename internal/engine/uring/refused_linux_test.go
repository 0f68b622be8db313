// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"iocp/internal/engine"
	sys "iocp/internal/sys/uring"
)

// refusing is a machine that answers io_uring_setup with errno.
func refusing(errno syscall.Errno, sysctl string) *kernel {
	k := *host
	k.setup = func(uint32, *sys.Params) (int, syscall.Errno) { return -1, errno }
	k.release = func() string { return "5.4.0-test" }
	k.sysctl = func() string { return sysctl }
	return &k
}

func TestRefusalSaysWhyAndWhatToDo(t *testing.T) {
	for _, x := range []struct {
		errno  syscall.Errno
		sysctl string
		want   []string
	}{
		{syscall.ENOSYS, "", []string{"ENOSYS", "5.4.0-test", "5.1", "gVisor", "Podman", "docker run --security-opt seccomp"}},
		{syscall.EPERM, "", []string{"EPERM", "seccomp", "docker run --security-opt", "nerdctl run", "podman run", "RuntimeDefault", "Localhost"}},
		{syscall.EPERM, "0", []string{"seccomp", "io_uring_setup, io_uring_enter and io_uring_register"}},
		{syscall.EPERM, "1", []string{"kernel.io_uring_disabled is 1", "CAP_SYS_ADMIN", "kernel.io_uring_group=GID", "sysctl -w kernel.io_uring_disabled=0"}},
		{syscall.EPERM, "2", []string{"kernel.io_uring_disabled is 2", "sysctl -w kernel.io_uring_disabled=0"}},
		{syscall.EACCES, "", []string{"EACCES", "SELinux", "ausearch", "AppArmor", "apparmor=unconfined", "seccomp"}},
		{syscall.ENOMEM, "", []string{"ENOMEM", "RLIMIT_MEMLOCK", "ulimit -l", "--ulimit memlock"}},
		{syscall.EMFILE, "", []string{"EMFILE", "ulimit -n"}},
		{syscall.EINVAL, "", []string{"EINVAL", "5.4.0-test", "6.1"}},
		{syscall.EIO, "", []string{"EIO", "another engine"}},
	} {
		info := refusing(x.errno, x.sysctl).inspect()
		if info.Available || info.Kernel != "5.4.0-test" {
			t.Errorf("%v: %+v", x.errno, info)
		}
		refused, ok := errors.AsType[*RefusedError](info.Err)
		if !ok || refused.Errno != x.errno || refused.Call != "io_uring_setup" || !errors.Is(info.Err, x.errno) {
			t.Errorf("%v: error %#v", x.errno, info.Err)
			continue
		}
		for _, w := range x.want {
			if !strings.Contains(info.Err.Error(), w) {
				t.Errorf("%v %q: %q is missing in: %v", x.errno, x.sysctl, w, info.Err)
			}
		}
		if s := refused.Error(); !strings.HasPrefix(s, refused.Reason()) || len(refused.Cures()) == 0 {
			t.Errorf("%v: %q begins otherwise than %q, or knows no cure", x.errno, s, refused.Reason())
		}
		if s := info.Err.Error(); strings.Contains(s, "\n") {
			t.Errorf("%v: not one sentence: %q", x.errno, s)
		}
	}
}

func TestSetupFlagsAreGivenUpStepByStep(t *testing.T) {
	k := refusing(syscall.EINVAL, "")
	var tried []uint32
	k.setup = func(_ uint32, p *sys.Params) (int, syscall.Errno) {
		tried = append(tried, p.Flags)
		return -1, syscall.EINVAL
	}
	k.inspect()
	if !slices.Equal(tried, setupFlags[:]) {
		t.Errorf("tried %#x, want %#x", tried, setupFlags)
	}
	tried = nil
	k.setup = func(_ uint32, p *sys.Params) (int, syscall.Errno) {
		tried = append(tried, p.Flags)
		return -1, syscall.EPERM
	}
	k.inspect()
	if len(tried) != 1 {
		t.Errorf("%d attempts after EPERM, want 1", len(tried))
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	k := *host
	k.release = func() string { return "5.9.0-test" }
	k.probe = func(fd int, p *sys.Probe) syscall.Errno {
		errno := registerProbe(fd, p)
		p.Ops[sys.OpShutdown].Flags = 0
		p.Ops[sys.OpAsyncCancel].Flags = 0
		p.Ops[sys.OpSendMsgZC].Flags = 0
		return errno
	}
	info := k.inspect()
	var missing *MissingError
	want := []string{"shutdown", "cancel", "the count of what a cancelled send has sent"}
	if info.Available || !errors.As(info.Err, &missing) || !slices.Equal(missing.What, want) {
		t.Fatalf("%+v", info)
	}
	for _, w := range []string{"shutdown, cancel, the count of what a cancelled send has sent", "5.9.0-test", "6.1"} {
		if !strings.Contains(info.Err.Error(), w) {
			t.Errorf("%q is missing in: %v", w, info.Err)
		}
	}
	if slices.Contains(info.Kinds, engine.Shutdown) || !slices.Contains(info.Kinds, engine.Recv) {
		t.Errorf("kinds %v", info.Kinds)
	}
	k.probe = func(int, *sys.Probe) syscall.Errno { return syscall.EINVAL }
	if info := k.inspect(); info.Available || !errors.As(info.Err, &missing) {
		t.Errorf("without IORING_REGISTER_PROBE: %+v", info)
	}
	k.probe = func(int, *sys.Probe) syscall.Errno { return syscall.EPERM }
	if info := k.inspect(); info.Available || !errors.Is(info.Err, syscall.EPERM) || !strings.Contains(info.Err.Error(), "io_uring_register") {
		t.Errorf("register refused: %+v", info)
	}
}

func TestMissingFeaturesAreNamed(t *testing.T) {
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	k := *host
	k.setup = func(n uint32, p *sys.Params) (int, syscall.Errno) {
		fd, errno := sys.Setup(n, p)
		p.Features &^= sys.FeatNoDrop
		return fd, errno
	}
	if info := k.inspect(); info.Available || !strings.Contains(info.Err.Error(), "nodrop") {
		t.Errorf("%+v", info)
	}
}

func TestProbeSaysWhatIsInForce(t *testing.T) {
	info := Probe()
	if !info.Available {
		t.Skip(info.Err)
	}
	if info.Err != nil || info.Kernel == "" || len(info.Kinds) != len(opcodes) {
		t.Errorf("%+v", info)
	}
	if !slices.IsSorted(info.Features) || !slices.Contains(info.Features, "nodrop") || !slices.Contains(info.Features, "clamp") {
		t.Errorf("features %q", info.Features)
	}
	info.Features[0] = "changed"
	if Probe().Features[0] == "changed" {
		t.Error("callers share the features")
	}
	p := newPort(t, Options{})
	if f := p.Features(); !slices.Equal(f, Probe().Features) {
		t.Errorf("features of an engine %q, of the probe %q", f, Probe().Features)
	}
	if name := p.Engine.Name(); name != "uring" {
		t.Errorf("name %q", name)
	}
}

func TestOnlyShortagesAreAskedForAgain(t *testing.T) {
	for _, x := range []struct {
		errno syscall.Errno
		want  bool
	}{{syscall.EMFILE, true}, {syscall.ENOMEM, true}, {syscall.EPERM, false}, {syscall.ENOSYS, false}} {
		if got := shortage(refusing(x.errno, "").inspect().Err); got != x.want {
			t.Errorf("%v: %v, want %v", x.errno, got, x.want)
		}
	}
}

func TestEnterErrors(t *testing.T) {
	p := newPort(t, Options{})
	fd := p.fd
	p.fd = -1
	_, err := p.Enter(0, true)
	p.fd = fd
	if !errors.Is(err, syscall.EBADF) || !strings.Contains(err.Error(), "close the port") {
		t.Errorf("error %v", err)
	}
}
