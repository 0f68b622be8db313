// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// randomBytes returns n bytes that are the same in every run.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// client returns a client that leaves no connection behind.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func get(t *testing.T, c *http.Client, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// serveDir serves dir on a free port and returns the server and its URL without slash. It
// is stopped when the test ends, unless the test has done that.
func serveDir(t *testing.T, dir string, args ...string) (*server, string) {
	t.Helper()
	leakCheck(t)
	s := startServer(t, append([]string{"serve", "-addr", "127.0.0.1:0", dir}, args...)...)
	t.Cleanup(func() { s.cancel() })
	return s, "http://" + s.address(t)
}

func TestServeSendsFilesAndRanges(t *testing.T) {
	dir := t.TempDir()
	content := randomBytes(3<<20 + 17)
	writeFile(t, dir+"/sub/file.bin", content)
	writeFile(t, dir+"/empty", nil)
	s, url := serveDir(t, dir)
	c := client(t)

	if resp, body := get(t, c, url+"/sub/file.bin"); resp.StatusCode != 200 || !bytes.Equal(body, content) {
		t.Errorf("whole file: %s, %d bytes, equal %v", resp.Status, len(body), bytes.Equal(body, content))
	}
	for _, test := range []struct {
		header     string
		status     int
		start, end int
	}{
		{"bytes=0-0", 206, 0, 1},
		{"bytes=1000-1999", 206, 1000, 2000},
		{"bytes=3000000-", 206, 3000000, len(content)},
		{"bytes=-5", 206, len(content) - 5, len(content)},
		{"bytes=2000000-9999999999", 206, 2000000, len(content)},
	} {
		resp, body := get(t, c, url+"/sub/file.bin", "Range", test.header)
		if resp.StatusCode != test.status || !bytes.Equal(body, content[test.start:test.end]) {
			t.Errorf("%s: %s, %d bytes", test.header, resp.Status, len(body))
		}
	}
	for path, want := range map[string]int{"/sub/file.bin?": 200, "/empty": 200, "/nothing": 404, "/sub/file.bin/x": 404} {
		if resp, _ := get(t, c, url+path); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	if resp, _ := get(t, c, url+"/sub/file.bin", "Range", "bytes=9999999-"); resp.StatusCode != 416 {
		t.Errorf("range after the end: %s", resp.Status)
	}
	if status := s.stop(t); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestServeListsFolders(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/one.txt", []byte("1"))
	writeFile(t, dir+"/two/three", nil)
	_, url := serveDir(t, dir, "-quiet")
	_, body := get(t, client(t), url+"/")
	for _, want := range []string{"one.txt", "two/"} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("no %q in the listing:\n%s", want, body)
		}
	}
}

// Many requests at a time, each for other bytes of the same file, and each gets its own.
func TestServeAnswersManyRangesAtATime(t *testing.T) {
	dir := t.TempDir()
	content := randomBytes(2 << 20)
	writeFile(t, dir+"/file", content)
	_, url := serveDir(t, dir, "-quiet")
	c := client(t)
	var requests sync.WaitGroup
	n := 200
	if testing.Short() {
		n = 50
	}
	for i := range n {
		requests.Go(func() {
			start := i * 9973 % (len(content) / 2)
			end := start + 1 + i*4099
			req, _ := http.NewRequest("GET", url+"/file", nil)
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", start, end-1))
			resp, err := c.Do(req)
			if err != nil {
				t.Errorf("request %d: %v", i, err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || sha256.Sum256(body) != sha256.Sum256(content[start:end]) {
				t.Errorf("request %d: %d bytes of %d, error %v", i, len(body), end-start, err)
			}
		})
	}
	requests.Wait()
}

func TestServeLogsEveryRequest(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", randomBytes(5000))
	s, url := serveDir(t, dir)
	c := client(t)
	get(t, c, url+"/file", "Range", "bytes=10-19")
	get(t, c, url+"/missing")
	if status := s.stop(t); status != 0 {
		t.Errorf("status %d", status)
	}
	log := s.log.String()
	for _, want := range []string{"method=GET path=/file status=206 bytes=10 duration=", "path=/missing status=404", "remote=127.0.0.1:"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
}

func TestServeQuietDoesNotLogRequests(t *testing.T) {
	dir := t.TempDir()
	s, url := serveDir(t, dir, "-quiet")
	get(t, client(t), url+"/")
	s.stop(t)
	if log := s.log.String(); strings.Contains(log, "msg=request") {
		t.Errorf("logged:\n%s", log)
	}
}

// serveWithin serves dir with a limit on the time that requests may take, and returns a connection.
func serveWithin(t *testing.T, dir string, limit time.Duration) net.Conn {
	t.Helper()
	requireEngine(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &serve{readTimeout: limit}
	network, l := listenNetwork(t)
	server := s.server(root, slog.New(slog.DiscardHandler))
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		network.Close()
		root.Close()
	})
	return dial(t, l.Addr().String())
}

func TestServeCutsOffAClientThatNeverFinishesItsRequest(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", []byte("content"))
	for _, part := range []string{"G", "GET /file HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"} {
		conn := serveWithin(t, dir, 50*time.Millisecond)
		if _, err := conn.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the server keeps a client that sent %q", part)
		}
	}
}

// asked asks for a file and reports whether the answer begins.
func asked(t *testing.T, conn net.Conn) bool {
	t.Helper()
	if _, err := conn.Write([]byte("GET /big HTTP/1.0\r\n\r\n")); err != nil {
		return false
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err == nil
}

// A client may take its time to read what it has asked for.
func TestServeLetsAResponseTakeLongerThanARequest(t *testing.T) {
	dir := t.TempDir()
	content := randomBytes(16 << 20)
	writeFile(t, dir+"/big", content)
	limit := 20 * time.Millisecond
	conn := serveWithin(t, dir, limit)
	for !asked(t, conn) { // a busy machine takes longer than that to read the request
		if limit *= 2; limit > patience {
			t.Fatalf("no answer to a request that may take %v", limit/2)
		}
		conn = serveWithin(t, dir, limit)
	}
	<-time.After(3 * limit)
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.HasSuffix(got, content) {
		t.Errorf("%d bytes of the response came, and %v", len(got), err)
	}
}

// A few clients that send one byte, or never read what they asked for, delay nobody.
func TestServeIsNotHeldUpBySlowClients(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", []byte("content"))
	writeFile(t, dir+"/big", randomBytes(16<<20))
	s, url := serveDir(t, dir, "-quiet", "-workers", "2", "-concurrency", "1", "-drain", "10ms")
	for i := range 20 {
		conn, err := net.Dial("tcp", s.address(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		text := "G"
		if i%2 == 1 {
			text = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	c := client(t)
	for range 20 {
		if resp, body := get(t, c, url+"/file"); resp.StatusCode != 200 || string(body) != "content" {
			t.Fatalf("%s, %q", resp.Status, body)
		}
	}
	if status := s.stop(t); status != exitFailed || !strings.Contains(s.log.String(), "cut off") {
		t.Errorf("status %d with requests that cannot end in time, log:\n%s", status, s.log)
	}
}

// slowDownload asks for a big file and reads only the head of the answer.
func slowDownload(t *testing.T, addr string) (net.Conn, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 4096), nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, resp
}

func TestSignalLetsServeFinishItsRequests(t *testing.T) {
	requireEngine(t)
	for _, sig := range endings {
		dir := t.TempDir()
		content := randomBytes(24 << 20)
		writeFile(t, dir+"/big", content)
		p := startProcess(t, asProcess("serve", "-addr", "127.0.0.1:0", dir))
		addr := addressIn(t, p.ready)
		_, resp := slowDownload(t, addr)
		send(t, p.Process, sig)
		eventually(t, "the server to refuse connections", func() bool {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err != nil
		})
		body, err := io.ReadAll(resp.Body)
		if err != nil || !bytes.Equal(body, content) {
			t.Errorf("%v: the request under way got %d of %d bytes, error %v", sig, len(body), len(content), err)
		}
		if status := p.end(t); status != 0 {
			t.Errorf("%v: exit status %d, log:\n%s", sig, status, p.log)
		}
	}
}

func TestSecondSignalEndsServeAtOnce(t *testing.T) {
	requireEngine(t)
	dir := t.TempDir()
	writeFile(t, dir+"/big", randomBytes(24<<20))
	p := startProcess(t, asProcess("serve", "-addr", "127.0.0.1:0", "-drain", "1h", dir))
	slowDownload(t, addressIn(t, p.ready))
	send(t, p.Process, os.Interrupt)
	eventually(t, "the server to say that it stops", func() bool { return strings.Contains(p.log.String(), "stopping") })
	send(t, p.Process, os.Interrupt)
	if status := p.end(t); !endedByInterrupt(status) {
		t.Errorf("exit status %d, want an end by the signal", status)
	}
}

func TestServeSaysWhatToDoWhenTheAddressIsInUse(t *testing.T) {
	requireEngine(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range []string{"serve", "echo"} {
		status, _, stderr := runCommand(name, "-addr", l.Addr().String())
		if status != exitFailed || !strings.Contains(stderr, l.Addr().String()) || !strings.Contains(stderr, "choose another with -addr") {
			t.Errorf("%s: status %d, stderr %q", name, status, stderr)
		}
	}
}

func TestServeNamesAFolderThatIsNotThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if status, _, stderr := runCommand("serve", missing); status != exitFailed || !strings.Contains(stderr, missing) {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// A spyConn tells whether a file was handed to it as a file.
type spyConn struct {
	net.Conn
	files chan bool
}

func (c spyConn) ReadFrom(r io.Reader) (int64, error) {
	l, limited := r.(*io.LimitedReader)
	if limited {
		_, isFile := l.R.(*os.File)
		c.files <- isFile
	}
	return io.Copy(c.Conn, r)
}

type spyListener struct {
	net.Listener
	files chan bool
}

func (l spyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return spyConn{c, l.files}, err
}

// The file itself must reach the connection, or it could not be sent without a copy.
func TestServeHandsTheFileToTheConnection(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", randomBytes(100000))
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spy := spyListener{l, make(chan bool, 1)}
	server := new(serve).server(root, slog.New(slog.DiscardHandler))
	go server.Serve(spy)
	defer server.Close()
	get(t, client(t), "http://"+l.Addr().String()+"/file")
	if !waitFor(t, "the connection to be given the file", spy.files) {
		t.Error("net/http handed something else than an *os.File to the connection")
	}
}
