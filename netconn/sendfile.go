// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"io"
	"os"
	"reflect"
	"syscall"

	"iocp"
)

// testHookDidSendFile is called with the bytes that each ReadFrom sent from a file.
var testHookDidSendFile = func(c *Conn, n int64) {}

// ReadFrom sends what r yields until its end and returns the number of bytes; io.Copy to a
// connection calls it.
//
// If r is an *[os.File] that is a regular file, or an *[io.LimitedReader] of one, the file
// is sent with [iocp.TCPConn.SendFile], from its current offset, without a copy through
// the program's memory. The offset and the LimitedReader's N advance by what was sent. No
// Write comes between its bytes. Any other r is read and written piece by piece.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	n, handled, err := c.readFromFile(r)
	if handled {
		return n, c.opError("readfrom", "sendfile", err)
	}
	// Hiding ReadFrom keeps io.Copy from coming back here.
	n, err = io.Copy(struct{ io.Writer }{c}, r)
	return n, err
}

// readFromFile sends r if it is a file that SendFile takes. Not handled means that nothing
// was sent and nothing has changed.
func (c *Conn) readFromFile(r io.Reader) (sent int64, handled bool, err error) {
	limited, limit := (*io.LimitedReader)(nil), int64(-1)
	if lr, ok := r.(*io.LimitedReader); ok {
		if lr.N <= 0 {
			return 0, true, nil
		}
		limited, limit, r = lr, lr.N, lr.R
	}
	src := fileOf(r)
	if src == nil {
		return 0, false, nil
	}
	sent, handled, err = c.sendRegular(src, limit)
	if limited != nil {
		limited.N -= sent
	}
	return sent, handled, err
}

// fileOf returns the file that r is, or nil. io.Copy asks the file first, whose WriteTo comes
// here with the file inside an unexported struct of package os, without that method. A
// struct of any other package is left alone: it may embed a file and read differently.
func fileOf(r io.Reader) *os.File {
	if f, ok := r.(*os.File); ok {
		return f
	}
	v := reflect.ValueOf(r)
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != "os" {
		return nil
	}
	field := v.FieldByName("File")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	f, _ := field.Interface().(*os.File)
	return f
}

// sendRegular sends up to limit bytes (below 0: all) of a regular file from its offset.
// Files that say they are empty are not handled, because those of /proc are not.
func (c *Conn) sendRegular(src *os.File, limit int64) (sent int64, handled bool, err error) {
	info, err := src.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return 0, false, nil
	}
	off, err := src.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, false, nil
	}
	c.wr.turn.Lock()
	defer c.wr.turn.Unlock()
	err = iocp.WithFile(src, func(f *iocp.File) (err error) {
		sent, err = c.wr.sendFile(c.tcp, f, off, limit)
		return err
	})
	if sent == 0 && unsuited(err) {
		return 0, false, nil
	}
	testHookDidSendFile(c, sent)
	if _, serr := src.Seek(off+sent, io.SeekStart); err == nil {
		err = serr
	}
	return sent, true, err
}

// sendFile sends limit bytes of f from off, or all until its end when limit is below 0. The
// end is looked up again after each step, since a file may grow or shrink meanwhile.
func (h *half) sendFile(tcp *iocp.TCPConn, f *iocp.File, off, limit int64) (sent int64, err error) {
	if err := h.check(); err != nil {
		return 0, err
	}
	for limit < 0 || sent < limit {
		size, err := f.Size()
		step := size - off - sent
		if limit >= 0 {
			step = min(step, limit-sent)
		}
		if err != nil || step <= 0 {
			return sent, err
		}
		n, err := h.run(func() error { return tcp.SendFile(&h.op, f, off+sent, step, nil, nil) })
		sent += n
		switch {
		case canceled(err):
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return sent, nil
		case err != nil || n == 0:
			return sent, err
		}
	}
	return sent, nil
}

// unsuited reports an error that is about the file, not about the connection: reading and
// writing piece by piece then works, or gives the better error.
func unsuited(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EACCES, syscall.EBADF, syscall.EINVAL, syscall.EISDIR,
		syscall.ENOSYS, syscall.ENOTSUP, syscall.EPERM,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return errors.Is(err, iocp.ErrInvalidParameter) || errors.Is(err, errors.ErrUnsupported)
}
