// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tempFile makes a file with the given content, open for reading and writing.
func tempFile(t testing.TB, content []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

func offset(t testing.TB, f *os.File) int64 {
	t.Helper()
	off, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		t.Fatal(err)
	}
	return off
}

// transfer sends with send and returns what the peer read until the end.
func transfer(t testing.TB, send func(c *Conn)) []byte {
	t.Helper()
	a, b := pair(t, newNetwork(t))
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		defer a.CloseWrite()
		send(a)
	}()
	got, err := io.ReadAll(b)
	if err != nil {
		t.Fatalf("the peer: %v", err)
	}
	<-sent
	return got
}

// wantSendFile runs f and checks how many bytes went through TCPConn.SendFile meanwhile.
func wantSendFile(t testing.TB, want int64, f func()) {
	t.Helper()
	before := sentFromFiles.Load()
	f()
	if got := sentFromFiles.Load() - before; got != want {
		t.Errorf("%d bytes went through SendFile, want %d", got, want)
	}
}

func TestReadFromSendsFiles(t *testing.T) {
	data := pattern(3<<20 + 17)
	size := int64(len(data))
	for _, c := range []struct {
		name     string
		from, to int64
		send     func(c *Conn, f *os.File) (int64, error)
	}{
		{"ReadFrom", 0, size, func(c *Conn, f *os.File) (int64, error) { return c.ReadFrom(f) }},
		{"io.Copy", 0, size, func(c *Conn, f *os.File) (int64, error) { return io.Copy(c, f) }},
		{"from an offset", 4099, size, func(c *Conn, f *os.File) (int64, error) { return io.Copy(c, f) }},
		{"io.CopyN", 10, 1<<20 + 10, func(c *Conn, f *os.File) (int64, error) { return io.CopyN(c, f, 1<<20) }},
		{"limit beyond the end", size - 5, size, func(c *Conn, f *os.File) (int64, error) {
			return c.ReadFrom(io.LimitReader(f, 100))
		}},
		{"limit zero", 7, 7, func(c *Conn, f *os.File) (int64, error) { return c.ReadFrom(io.LimitReader(f, 0)) }},
		{"at the end", size, size, func(c *Conn, f *os.File) (int64, error) { return c.ReadFrom(f) }},
		{"behind the end", size + 9, size + 9, func(c *Conn, f *os.File) (int64, error) { return c.ReadFrom(f) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := tempFile(t, data)
			f.Seek(c.from, io.SeekStart)
			wantSendFile(t, c.to-c.from, func() {
				got := transfer(t, func(conn *Conn) {
					if n, err := c.send(conn, f); n != c.to-c.from || err != nil {
						t.Errorf("sent %d, %v, want %d", n, err, c.to-c.from)
					}
				})
				if want := data[min(c.from, size):min(c.to, size)]; !bytes.Equal(got, want) {
					t.Errorf("the peer got %d bytes, want %d, or they differ", len(got), len(want))
				}
			})
			if off := offset(t, f); off != c.to {
				t.Errorf("the file's offset is %d, want %d", off, c.to)
			}
		})
	}
}

func TestReadFromCountsDownTheLimit(t *testing.T) {
	f := tempFile(t, pattern(1000))
	lr := &io.LimitedReader{R: f, N: 1500}
	transfer(t, func(c *Conn) { c.ReadFrom(lr) })
	if lr.N != 500 {
		t.Errorf("N = %d, want 500", lr.N)
	}
}

// shouting embeds a file and reads something else: it must be asked, not passed by.
//
//lint:ignore U1000 embedded for what it hides
type shouting struct {
	*os.File
	noWriteTo
}

// noWriteTo hides the WriteTo of the file beside it, for which io.Copy would not Read.
//
//lint:ignore U1000 embedded for what it hides
type noWriteTo struct{}

//lint:ignore U1000 see noWriteTo
func (noWriteTo) WriteTo(io.Writer) (int64, error) { panic("hidden") }

func (s shouting) Read(b []byte) (int, error) {
	n, err := s.File.Read(b)
	copy(b, bytes.ToUpper(b[:n]))
	return n, err
}

func TestReadFromAsksEverythingThatIsNoRegularFile(t *testing.T) {
	t.Run("reader", func(t *testing.T) {
		data := pattern(1 << 20)
		wantSendFile(t, 0, func() {
			got := transfer(t, func(c *Conn) {
				if n, err := c.ReadFrom(struct{ io.Reader }{bytes.NewReader(data)}); n != 1<<20 || err != nil {
					t.Errorf("ReadFrom = %d, %v", n, err)
				}
			})
			if !bytes.Equal(got, data) {
				t.Error("the bytes differ")
			}
		})
	})
	t.Run("type that embeds a file", func(t *testing.T) {
		f := tempFile(t, []byte("hear me"))
		wantSendFile(t, 0, func() {
			got := transfer(t, func(c *Conn) { c.ReadFrom(shouting{File: f}) })
			if string(got) != "HEAR ME" {
				t.Errorf("got %q", got)
			}
		})
	})
	t.Run("pipe", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		w.WriteString("through a pipe")
		w.Close()
		wantSendFile(t, 0, func() {
			if got := transfer(t, func(c *Conn) { io.Copy(c, r) }); string(got) != "through a pipe" {
				t.Errorf("got %q", got)
			}
		})
	})
	t.Run("connection", func(t *testing.T) {
		a, b := pair(t, newNetwork(t))
		mustWrite(t, a, "relayed")
		a.CloseWrite()
		if got := transfer(t, func(c *Conn) { io.Copy(c, b) }); string(got) != "relayed" {
			t.Errorf("got %q", got)
		}
	})
}

// Files of /proc say that they are regular and empty, and are not.
func TestReadFromProc(t *testing.T) {
	want, err := os.ReadFile("/proc/self/cmdline")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	f, err := os.Open("/proc/self/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := transfer(t, func(c *Conn) { io.Copy(c, f) }); !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadFromFileThatCannotBeRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("secret")
	f.Seek(0, io.SeekStart)
	got := transfer(t, func(c *Conn) {
		n, err := c.ReadFrom(f)
		if _, ok := errors.AsType[*os.PathError](err); n != 0 || !ok {
			t.Errorf("ReadFrom = %d, %v, want the error of the file", n, err)
		}
	})
	if len(got) != 0 {
		t.Errorf("the peer got %q", got)
	}
}

// A deadline may strike in the middle of a file. Count, offset and what the peer read must
// agree, so that the caller can go on.
func TestReadFromGoesOnAfterDeadlines(t *testing.T) {
	data := pattern(24 << 20)
	f := tempFile(t, data)
	got := transfer(t, func(c *Conn) {
		c.SetWriteBuffer(1 << 16)
		var sent int64
		for sent < int64(len(data)) {
			c.SetWriteDeadline(time.Now().Add(time.Millisecond))
			n, err := c.ReadFrom(f)
			sent += n
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("ReadFrom: %v", err)
				return
			}
			if off := offset(t, f); off != sent {
				t.Errorf("sent %d, the offset is %d", sent, off)
				return
			}
		}
	})
	if !bytes.Equal(got, data) {
		t.Errorf("the peer got %d bytes, want %d, or they differ", len(got), len(data))
	}
}

func TestCloseUnblocksReadFrom(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	f := tempFile(t, make([]byte, 32<<20))
	got := make(chan error, 1)
	go func() {
		_, err := io.Copy(a, f)
		got <- err
	}()
	blockedWrite(t, a)
	a.Close()
	wantOpError(t, await(t, "ReadFrom", got), "readfrom", a, net.ErrClosed)
}

func TestFileStaysTheCallers(t *testing.T) {
	f := tempFile(t, []byte("0123456789"))
	transfer(t, func(c *Conn) { io.CopyN(c, f, 4) })
	rest, err := io.ReadAll(f)
	if string(rest) != "456789" || err != nil {
		t.Errorf("the rest of the file: %q, %v", rest, err)
	}
}
