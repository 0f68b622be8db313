// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/spin"
)

// desc is what is known of a descriptor, from the first request for it until Close or Forget.
type desc struct {
	e  *Engine
	fd int32

	whole  bool // a file, a directory or a disk: nothing waits for it to become ready
	socket bool
	tcp    bool // a stream of package tcp: a short receive has emptied it
	stream bool // a send may be partial
	pipe   bool

	mu      spin.Mutex // guards the rest, and the requests in the lists
	in, out line
	polls   fifo
	refused bool            // by the poller
	file    *os.File        // a copy of the descriptor, in the poller; nil until somebody waits
	conn    syscall.RawConn // of file
	restore bool            // somebody else had it blocking
	gone    bool            // closed or forgotten
	users   int             // goroutines of the lines
}

// descriptor returns what is known of fd, after a look at it if that is nothing.
func (e *Engine) descriptor(fd int32) (*desc, syscall.Errno) {
	if fd < 0 {
		return nil, syscall.EBADF
	}
	e.known.Lock()
	defer e.known.Unlock()
	if int(fd) < len(e.known.byFD) {
		if d := e.known.byFD[fd]; d != nil {
			return d, 0
		}
	}
	d, errno := e.lookAt(fd) // before the table grows to a number that nobody has
	if errno != 0 {
		return nil, errno
	}
	for int(fd) >= len(e.known.byFD) {
		e.known.byFD = append(e.known.byFD, nil)
	}
	e.known.byFD[fd] = d
	return d, 0
}

// take returns what is known of fd, which is forgotten by that.
func (e *Engine) take(fd int32) (d *desc) {
	e.known.Lock()
	defer e.known.Unlock()
	if fd >= 0 && int(fd) < len(e.known.byFD) {
		d, e.known.byFD[fd] = e.known.byFD[fd], nil
	}
	return d
}

func (e *Engine) lookAt(fd int32) (*desc, syscall.Errno) {
	var st unix.Stat_t
	if err := unix.Fstat(int(fd), &st); err != nil {
		return nil, errnoOf(err)
	}
	d := &desc{e: e, fd: fd}
	d.in.init(d, reading)
	d.out.init(d, writing)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFBLK:
		d.whole = true
	case unix.S_IFIFO:
		d.pipe = true
		// Darwin's kqueue does not tell the readers of a named pipe that its last writer has gone
		// (golang.org/issue/24164). The others have no name: pipe_stat in its sys_pipe.c.
		d.refused = (runtime.GOOS == "darwin" || runtime.GOOS == "ios") && st.Nlink > 0
	case unix.S_IFSOCK:
		d.classify()
	}
	return d, 0
}

func (d *desc) classify() {
	d.socket = true
	typ, _ := unix.GetsockoptInt(int(d.fd), unix.SOL_SOCKET, unix.SO_TYPE)
	d.stream = typ == unix.SOCK_STREAM || typ == unix.SOCK_SEQPACKET
	if typ == unix.SOCK_STREAM {
		_, err := unix.GetsockoptInt(int(d.fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
		d.tcp = err == nil
	}
}

func (d *desc) line(k engine.Kind) *line {
	switch k {
	case engine.Write, engine.Writev, engine.Send, engine.SendMsg, engine.Connect:
		return &d.out
	}
	return &d.in
}

// register gives a copy of the descriptor to Go's poller: the original may be there already, or may
// be closed by its owner. The poller takes non-blocking ones only. mu is held.
func (d *desc) register() syscall.Errno {
	if d.file != nil || d.refused {
		return 0
	}
	if errno := d.setNonblock(); errno != 0 {
		return errno
	}
	fd, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	f := os.NewFile(uintptr(fd), "iocp")
	conn, err := f.SyscallConn()
	if err == nil {
		err = f.SetDeadline(time.Time{}) // os.ErrNoDeadline: it is not in the poller
	}
	if err != nil {
		f.Close()
		d.setBlocking()
		d.refused = true
		return 0
	}
	d.file, d.conn = f, conn
	return 0
}

// setNonblock makes the descriptor, and all copies of it, non-blocking. Somebody else may change
// that at any time, so it is called wherever the mode matters. mu is held.
func (d *desc) setNonblock() syscall.Errno {
	flags, err := unix.FcntlInt(uintptr(d.fd), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_NONBLOCK == 0 {
		d.restore = true
		_, err = unix.FcntlInt(uintptr(d.fd), unix.F_SETFL, flags|unix.O_NONBLOCK)
	}
	return errnoOf(err)
}

// setBlocking takes setNonblock back. mu is held.
func (d *desc) setBlocking() {
	if !d.restore {
		return
	}
	d.restore = false
	if flags, err := unix.FcntlInt(uintptr(d.fd), unix.F_GETFL, 0); err == nil {
		unix.FcntlInt(uintptr(d.fd), unix.F_SETFL, flags&^unix.O_NONBLOCK)
	}
}

// Forget: see engine.Engine.
func (e *Engine) Forget(fd int32) {
	if d := e.take(fd); d != nil {
		d.giveUp()
		e.alert()
	}
}

// giveUp takes the copy of the descriptor out of the poller and closes it, before it returns.
func (d *desc) giveUp() {
	d.mu.Lock()
	d.drop()
	for d.users > 0 {
		d.mu.Unlock()
		runtime.Gosched() // they are awake; parking would read as blocked, and release a worker
		d.mu.Lock()
	}
	d.mu.Unlock()
	if d.file != nil {
		d.file.Close()
	}
}

// drop ends everything that waits, which should be nothing, with -EBADF, and sends the goroutines
// away. mu is held.
func (d *desc) drop() {
	d.gone = true
	d.setBlocking()
	for _, f := range []*fifo{&d.in.fifo, &d.out.fifo, &d.polls} {
		for f.Head() != nil {
			r := f.Pop()
			r.end(r.partial(syscall.EBADF))
		}
	}
	d.in.polls, d.out.polls = 0, 0
	d.in.attend()
	d.out.attend()
}

// startClose closes a descriptor, when the goroutines have left it: what the owner does next, such as
// binding another socket to the same address, must find it closed.
func (e *Engine) startClose(r *request) {
	d := e.take(r.op.FD)
	if d != nil {
		d.giveUp()
	}
	if d != nil && d.pipe || quickToClose(r.op.FD) {
		e.finish(r, result(0, errnoOf(unix.Close(int(r.op.FD)))))
		return
	}
	e.lend(r)
}

// quickToClose reports whether fd is a socket that does not linger. close(2) waits for the others,
// and where a file system writes back.
func quickToClose(fd int32) bool {
	l, err := unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER)
	return err == nil && (l.Onoff == 0 || l.Linger <= 0)
}
