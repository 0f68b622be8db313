// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A process with too many open files must be able to go on when some are closed: the error
// is temporary, and the connection that waited is not lost.
func TestAcceptReportsTooManyOpenFilesAsTemporary(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client)
	restore := exhaustDescriptors(t)
	if err := unix.Connect(client, sockaddr(l.Addr())); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := l.Accept()
		wantAcceptError(t, err, l, syscall.EMFILE)
		//lint:ignore SA1019 the accept loop of net/http goes on after a temporary error only
		if ne, ok := err.(net.Error); !ok || !ne.Temporary() || ne.Timeout() {
			t.Errorf("%v is not temporary", err)
		}
	}
	restore()
	within(t, "Accept", func() {
		c, err := l.Accept()
		if err != nil {
			t.Errorf("Accept with descriptors again: %v", err)
			return
		}
		defer c.Close()
		if _, err := unix.Write(client, []byte("patient")); err != nil {
			t.Error(err)
		}
		mustRead(t, c, "patient")
	})
}

// exhaustDescriptors lowers the limit of open files below what is open, until restore.
func exhaustDescriptors(t *testing.T) (restore func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 3, Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	restore = func() { unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }
	t.Cleanup(restore)
	return restore
}

func sockaddr(a net.Addr) unix.Sockaddr {
	ap := netip.MustParseAddrPort(a.String())
	return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}
}
