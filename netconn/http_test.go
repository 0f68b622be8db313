// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serve runs an HTTP server on a listener of n; it ends with the test, before n.
func serve(t testing.TB, n *Network, h http.Handler, start func(*httptest.Server)) *httptest.Server {
	t.Helper()
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	start(s)
	t.Cleanup(s.Close)
	return s
}

func get(t testing.TB, c *http.Client, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s: %v", url, err)
	}
	return resp, body
}

func echoHandler(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%s %s %s", r.Proto, r.Method, body)
}

func TestHTTPSWithTheClientOfPackageNet(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP2=%v", http2), func(t *testing.T) {
			n := newNetwork(t)
			s := serve(t, n, http.HandlerFunc(echoHandler), func(s *httptest.Server) {
				s.EnableHTTP2 = http2
				s.StartTLS()
			})
			testTLSClient(t, s, http2)
		})
	}
}

func TestHTTPSWithBothEndsOnThePort(t *testing.T) {
	n := newNetwork(t)
	s := serve(t, n, http.HandlerFunc(echoHandler), (*httptest.Server).StartTLS)
	s.Client().Transport.(*http.Transport).DialContext = n.DialContext
	testTLSClient(t, s, false)
}

func testTLSClient(t *testing.T, s *httptest.Server, http2 bool) {
	t.Helper()
	want := "HTTP/1.1 POST "
	if http2 {
		want = "HTTP/2.0 POST "
	}
	body := strings.Repeat("a body of some length, ", 20_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			resp, err := s.Client().Post(s.URL, "text/plain", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || string(got) != want+body || resp.TLS == nil {
				t.Errorf("got %d bytes, %v, TLS %v", len(got), err, resp.TLS != nil)
			}
		})
	}
	wg.Wait()
}

func TestHTTPSWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skipf("no curl here: %v", err)
	}
	s := serve(t, newNetwork(t), http.HandlerFunc(echoHandler), (*httptest.Server).StartTLS)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	out, err := exec.CommandContext(t.Context(), curl, "--silent", "--show-error", "--max-time", "20",
		"--noproxy", "*", "--cacert", ca, "--resolve", "example.com:"+port+":127.0.0.1",
		"--data", "from curl", "--http1.1", "https://example.com:"+port+"/").CombinedOutput()
	if err != nil || string(out) != "HTTP/1.1 POST from curl" {
		t.Errorf("curl: %v, %q", err, out)
	}
}

// A plain TLS session half-closes with CloseWrite, which needs that of the Conn.
func TestTLSHalfClose(t *testing.T) {
	n := newNetwork(t)
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	a, b := pair(t, n)
	server := tls.Server(b, &tls.Config{Certificates: s.TLS.Certificates})
	client := tls.Client(a, s.Client().Transport.(*http.Transport).TLSClientConfig.Clone())
	client.SetDeadline(time.Now().Add(patience))
	go func() {
		q, _ := io.ReadAll(server)
		server.Write(append(q, '!'))
		server.Close()
	}()
	config := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com"
	client = tls.Client(a, config)
	mustWrite(t, client, "question")
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); string(got) != "question!" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestHTTPKeepAliveUsesOneConnection(t *testing.T) {
	n := newNetwork(t)
	var conns atomic.Int32
	s := serve(t, n, http.HandlerFunc(echoHandler), func(s *httptest.Server) {
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				conns.Add(1)
			}
		}
		s.Start()
	})
	s.Client().Transport.(*http.Transport).DialContext = n.DialContext
	for i := range 50 {
		_, body := get(t, s.Client(), s.URL)
		if string(body) != "HTTP/1.1 GET " {
			t.Fatalf("request %d: %q", i, body)
		}
	}
	if got := conns.Load(); got != 1 {
		t.Errorf("50 requests used %d connections, want 1", got)
	}
}

// The server reads ahead during a handler to notice that the client has gone.
func TestHTTPHandlerLearnsThatTheClientHasGone(t *testing.T) {
	n := newNetwork(t)
	gone := make(chan struct{})
	started := make(chan struct{})
	s := serve(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		close(gone)
	}), (*httptest.Server).Start)
	c, err := n.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-started
	c.Close()
	within(t, "the handler", func() { <-gone })
}

func TestParallelRangeRequestsComeFromSendFile(t *testing.T) {
	const size, requests = 4 << 20, 200
	data := pattern(size)
	name := filepath.Join(t.TempDir(), "data.bin")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	n := newNetwork(t)
	s := serve(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, name)
	}), (*httptest.Server).Start)
	tr := s.Client().Transport.(*http.Transport)
	tr.DialContext = n.DialContext
	tr.MaxIdleConnsPerHost = 50
	var wg sync.WaitGroup
	var total atomic.Int64
	before := sentFromFiles.Load()
	for i := range requests {
		wg.Go(func() {
			from := i * (size / requests)
			to := min(size, from+100_000+i)
			resp, body := get(t, s.Client(), s.URL, "Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
			if resp == nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(body, data[from:to]) {
				t.Errorf("range %d-%d: wrong answer (%d bytes)", from, to, len(body))
			}
			total.Add(int64(to - from))
		})
	}
	wg.Wait()
	s.Close()
	// The server keeps the first bytes of a response back to guess its type, but the type of
	// .bin is known: everything but what it had buffered is the file's.
	if sent, want := sentFromFiles.Load()-before, total.Load()*9/10; sent < want || sent > total.Load() {
		t.Errorf("%d of %d bytes went through SendFile", sent, total.Load())
	}
}
