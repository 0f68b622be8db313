// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// request sends the path as it is, which no http.Client does.
func request(t *testing.T, addr, path string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resp.StatusCode, string(b)
}

// outside makes a file that a server of the folder "served" beside it must not give away.
func outside(t *testing.T) (base string) {
	t.Helper()
	base = t.TempDir()
	writeFile(t, base+"/secret", []byte(secret))
	writeFile(t, base+"/served/sub/inside", []byte("inside"))
	return base
}

const secret = "not for you"

// wantNothing asks for paths that must not be answered with a file or a listing, and are no fault of the server.
func wantNothing(t *testing.T, addr string, paths ...string) {
	t.Helper()
	for _, path := range paths {
		status, body := request(t, addr, path)
		if strings.Contains(body, secret) || strings.Contains(body, "root:") || status < 300 {
			t.Errorf("%s: status %d, body %q", path, status, body)
		}
		if status >= 500 {
			t.Errorf("%s: status %d, want an answer that blames the client", path, status)
		}
	}
}

func TestServeNeverLeavesTheFolder(t *testing.T) {
	base := outside(t)
	s, _ := serveDir(t, base+"/served")
	wantNothing(t, s.address(t),
		"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/%2e%2e%2fsecret", "/sub/../../secret", "/sub/%2e%2e/%2e%2e/secret",
		"//../secret", "/./../secret", "/..\\secret", "/..%5csecret", "/sub/..%5c..%5csecret", "/%5c..%5csecret", "/%00/../../secret",
		"/sub/inside%00", "/secret", "/"+filepath.ToSlash(base)+"/secret", "/%2f"+filepath.ToSlash(base)+"/secret")
}

func TestServeNeverLeavesTheFolderThroughALink(t *testing.T) {
	base := outside(t)
	for link, to := range map[string]string{
		"absolute":   base + "/secret",
		"relative":   "../secret",
		"updown":     "sub/../../secret",
		"sub/up":     "../../secret",
		"folder":     "..",
		"root":       "/",
		"proc":       "/proc/self/root" + base,
		"loop":       "loop",
		"chain":      "absolute",
		"sub/inlink": "inside",
	} {
		symlink(t, filepath.FromSlash(to), base+"/served/"+link)
	}
	s, _ := serveDir(t, base+"/served")
	wantNothing(t, s.address(t), "/absolute", "/relative", "/updown", "/sub/up", "/folder/secret", "/root"+filepath.ToSlash(base)+"/secret",
		"/proc/secret", "/loop", "/chain", "/folder/", "/root/etc/passwd")
	if status, body := request(t, s.address(t), "/sub/inlink"); status != 200 || body != "inside" {
		t.Errorf("link to a file inside: status %d, body %q", status, body)
	}
	if log := s.log.String(); !strings.Contains(log, "escapes") {
		t.Errorf("the log does not tell the owner of the refusals:\n%s", log)
	}
}

func TestRootFilesMapsErrorsToWhatHTTPKnows(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", nil)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	files := rootFiles{root, slog.New(slog.DiscardHandler)}
	for _, name := range []string{"/file/below", "/" + strings.Repeat("x", 300), "/a\x00b", "/nothing"} {
		if _, err := files.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%.20q) = %v, want not exist", name, err)
		}
	}
	f, err := files.Open("/../file")
	if err != nil {
		t.Fatalf("a name is cleaned before it is opened: %v", err)
	}
	f.Close()
}
