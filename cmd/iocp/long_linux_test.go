// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"iocp/internal/seccomprun"
)

// What the command must do with io_uring and wherever that is refused, with real programs as clients, real
// sizes and every kind of refusal. It takes minutes and 8 GiB of disk, so it runs when asked for:
//
//	IOCP_TEST_LONG=1 go test -v -timeout 30m -run Long ./cmd/iocp
//
// With IOCP_TEST_SYSCTL=1 kernel.io_uring_disabled=2 is one of the refusals; nothing else should run
// on the machine then.

func requireLong(t *testing.T) {
	t.Helper()
	if os.Getenv("IOCP_TEST_LONG") == "" {
		t.Skip("takes minutes: set IOCP_TEST_LONG=1")
	}
}

// refuser starts a command in a process that gets no io_uring.
type refuser struct {
	name  string
	start func(t *testing.T, cmd *exec.Cmd) *process
}

func refusers() []refuser {
	var all []refuser
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSYS, syscall.EACCES} {
		all = append(all, bySeccomp("seccomp "+errno.Error(), seccomprun.Env(errno)))
	}
	all = append(all, bySeccomp("sandbox", seccomprun.Env(syscall.ENOSYS, seccomprun.Modern...)))
	return append(all, bySysctl)
}

// bySysctl sets the sysctl until the first line, before which the ring is asked for.
var bySysctl = refuser{"sysctl", func(t *testing.T, cmd *exec.Cmd) (p *process) {
	t.Helper()
	requireSysctl(t)
	withSysctl(t, "2", func() { p = startProcess(t, cmd) })
	return p
}}

func bySeccomp(name, env string) refuser {
	return refuser{name, func(t *testing.T, cmd *exec.Cmd) *process {
		t.Helper()
		cmd.Env = append(cmd.Env, env)
		return startProcess(t, cmd)
	}}
}

func eachRefusal(t *testing.T, f func(*testing.T, refuser)) {
	t.Helper()
	requireLong(t)
	requireEngine(t)
	for _, r := range refusers() {
		t.Run(r.name, func(t *testing.T) { f(t, r) })
	}
}

// asItIs refuses nothing.
var asItIs = refuser{"nothing refused", startProcess}

// withAndWithoutIOUring runs f where nothing is refused, too.
func withAndWithoutIOUring(t *testing.T, f func(*testing.T, refuser)) {
	t.Helper()
	requireLong(t)
	t.Run(asItIs.name, func(t *testing.T) { f(t, asItIs) })
	eachRefusal(t, f)
}

// bigFile makes a file of n bytes and returns the sum of its content.
func bigFile(t *testing.T, name string, n int64) [sha256.Size]byte {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	random := rand.NewChaCha8([32]byte{2})
	if _, err := io.CopyN(io.MultiWriter(f, sum), random, n); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// sumOf is the sum of what a command prints, or of a file.
func sumOf(t *testing.T, r io.Reader) (sum [sha256.Size]byte, n int64) {
	t.Helper()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		t.Error(err)
	}
	return [sha256.Size]byte(h.Sum(nil)), n
}

func TestLongServe(t *testing.T) {
	requireLong(t)
	dir := t.TempDir()
	const gib = 1 << 30
	sum := bigFile(t, dir+"/gib", gib)
	page := randomBytes(4096)
	writeFile(t, dir+"/page", page)
	writeFile(t, dir+"/big", randomBytes(24<<20))
	withAndWithoutIOUring(t, func(t *testing.T, r refuser) {
		p := r.start(t, asProcess("serve", "-quiet", "-addr", "127.0.0.1:0", dir))
		t.Log(strings.TrimSpace(p.ready))
		addr := addressIn(t, p.ready)
		curlHasTheSum(t, addr, sum, gib)
		rangesAreRight(t, addr, dir+"/gib")
		wrkHasNoErrors(t, addr)
		slowClientsHoldNobodyUp(t, addr, page)
		idleConnectionsAnswer(t, addr, page)
		interruptDrains(t, p, addr, dir+"/big")
	})
}

func curlHasTheSum(t *testing.T, addr string, want [sha256.Size]byte, size int64) {
	t.Helper()
	cmd := exec.Command("curl", "-sS", "--fail", "http://"+addr+"/gib")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Skipf("no curl: %v", err)
	}
	begin := time.Now()
	sum, n := sumOf(t, out)
	if err := cmd.Wait(); err != nil || sum != want || n != size {
		t.Errorf("curl: %v, %d of %d bytes, right sum %v", err, n, size, sum == want)
	}
	t.Logf("curl: 1 GiB in %v", time.Since(begin).Round(time.Millisecond))
}

// rangesAreRight asks for 200 parts of a file at a time.
func rangesAreRight(t *testing.T, addr, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := client(t)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			want := make([]byte, 1+i*4099)
			start := int64(i) * 5_000_011
			if _, err := f.ReadAt(want, start); err != nil {
				t.Error(err)
				return
			}
			req, _ := http.NewRequest("GET", "http://"+addr+"/gib", nil)
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", start, start+int64(len(want))-1))
			resp, err := c.Do(req)
			if err != nil {
				t.Errorf("range %d: %v", i, err)
				return
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want) {
				t.Errorf("range %d: %s, %d bytes of %d, %v", i, resp.Status, len(got), len(want), err)
			}
		})
	}
	all.Wait()
}

func wrkHasNoErrors(t *testing.T, addr string) {
	t.Helper()
	out, err := exec.Command("wrk", "-c", "256", "-t", "1", "-d", "10s", "http://"+addr+"/page").CombinedOutput()
	if err != nil {
		t.Logf("skip: wrk: %v", err)
		return
	}
	if bytes.Contains(out, []byte("Socket errors")) || bytes.Contains(out, []byte("Non-2xx")) {
		t.Errorf("wrk:\n%s", out)
	}
	t.Logf("wrk: %s", regexp.MustCompile(`Requests/sec: +[0-9.]+`).Find(out))
}

func dialHTTP(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(2 * patience))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// slowClientsHoldNobodyUp: 50 clients send one byte of a request, and then one more each; others are
// answered meanwhile.
func slowClientsHoldNobodyUp(t *testing.T, addr string, page []byte) {
	t.Helper()
	const request = "GET /page HTTP/1.0\r\n\r\n"
	var slow []net.Conn
	for range 50 {
		conn := dialHTTP(t, addr, request[:1])
		defer conn.Close()
		slow = append(slow, conn)
	}
	c := client(t)
	worst := time.Duration(0)
	for i := 1; i < len(request); i++ {
		for _, conn := range slow {
			io.WriteString(conn, request[i:i+1])
		}
		begin := time.Now()
		if resp, body := get(t, c, "http://"+addr+"/page"); resp.StatusCode != 200 || !bytes.Equal(body, page) {
			t.Fatalf("%s, %d bytes", resp.Status, len(body))
		}
		worst = max(worst, time.Since(begin))
	}
	for _, conn := range slow {
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
			t.Errorf("a slow client was not answered: %v", err)
		}
	}
	t.Logf("50 slow clients: the others waited %v at most", worst.Round(time.Microsecond))
}

// idleConnectionsAnswer opens 10,000 connections, lets curl work beside them and then asks on each.
func idleConnectionsAnswer(t *testing.T, addr string, page []byte) {
	t.Helper()
	var limit syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	n := min(10_000, int(limit.Cur)-500)
	if n < 10_000 {
		t.Logf("note: %d idle connections: the limit on descriptors is %d", n, limit.Cur)
	}
	idle := make([]net.Conn, n)
	for i := range idle {
		idle[i] = dialHTTP(t, addr, "")
		defer idle[i].Close()
	}
	for range 10 {
		out, err := exec.Command("curl", "-sS", "--fail", "--max-time", "20", "http://"+addr+"/page").Output()
		if err != nil || !bytes.Equal(out, page) {
			t.Errorf("curl beside %d idle connections: %v, %d bytes", n, err, len(out))
		}
	}
	for i, conn := range idle {
		fmt.Fprint(conn, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("idle connection %d: %v", i, err)
		}
		if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, page) {
			t.Fatalf("idle connection %d: %d bytes, %v", i, len(got), err)
		}
	}
	t.Logf("%d idle connections answered", n)
}

// interruptDrains interrupts the server while it is busy: what it had begun it ends.
func interruptDrains(t *testing.T, p *process, addr, name string) {
	t.Helper()
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, slow := slowDownload(t, addr)
	var stop atomic.Bool
	var load sync.WaitGroup
	var served atomic.Int64
	for range 16 {
		load.Go(func() {
			for !stop.Load() {
				resp, err := http.Get("http://" + addr + "/page")
				if err != nil {
					return // it does not listen any more
				}
				if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != 4096 {
					t.Errorf("an answer was cut off after %d bytes: %v", n, err)
				}
				resp.Body.Close()
				served.Add(1)
			}
		})
	}
	eventually(t, "some requests to be answered", func() bool { return served.Load() > 100 })
	p.Process.Signal(os.Interrupt)
	eventually(t, "the server to say that it stops", func() bool { return strings.Contains(p.log.String(), "stopping") })
	got, err := io.ReadAll(slow.Body)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the request under way got %d of %d bytes: %v", len(got), len(want), err)
	}
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, log:\n%s", status, p.log)
	}
	stop.Store(true)
	load.Wait()
}

func TestLongCopy(t *testing.T) {
	requireLong(t)
	tree := newTree(t, 2<<30, 4<<30)
	withAndWithoutIOUring(t, tree.isCopied)
}

// tree is a folder to be copied by nobody: a big file, a sparse one, an empty one, and one that may not
// be read.
type tree struct {
	dir, src      string
	big, sparse   [sha256.Size]byte
	bigN, sparseN int64
}

func newTree(t *testing.T, big, sparse int64) *tree {
	t.Helper()
	dir := t.TempDir()
	os.Chmod(filepath.Dir(dir), 0o755) // for nobody
	c := &tree{dir: dir, src: dir + "/src", bigN: big, sparseN: sparse}
	writeFile(t, c.src+"/empty", nil)
	writeFile(t, c.src+"/secret", []byte("not for you"))
	c.big = bigFile(t, c.src+"/big", big)
	sparseFile(t, c.src+"/sparse", sparse, map[int64][]byte{0: randomBytes(5000), sparse / 4 * 3: randomBytes(70000)})
	f, err := os.Open(c.src + "/sparse")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c.sparse, _ = sumOf(t, f)
	os.Chmod(c.src+"/secret", 0)
	return c
}

// isCopied copies the tree in a process that r starts.
func (c *tree) isCopied(t *testing.T, r refuser) {
	to := c.dir + "/to"
	os.Mkdir(to, 0o777)
	os.Chmod(to, 0o777)
	defer os.RemoveAll(to)
	begin := time.Now()
	p := r.start(t, nobody(t, "copy", c.src, to))
	if status := p.end(t); status != exitFailed || !strings.Contains(p.log.String(), "src/secret") {
		t.Errorf("exit status %d, want 1 and a word of the file that may not be read:\n%s", status, p.log)
	}
	t.Logf("%d MiB and the rest in %v: %s", c.bigN>>20, time.Since(begin).Round(time.Millisecond), strings.TrimSpace(p.ready))
	wantSum(t, to+"/src/big", c.big, c.bigN)
	wantSum(t, to+"/src/sparse", c.sparse, c.sparseN)
	wantFile(t, to+"/src/empty", nil)
	wantNames(t, to+"/src", "big", "empty", "sparse")
	if n := room(t, to+"/src/sparse"); n > 1<<20 {
		t.Errorf("the sparse file takes %d bytes", n)
	}
}

func wantSum(t *testing.T, name string, want [sha256.Size]byte, size int64) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if sum, n := sumOf(t, f); sum != want || n != size {
		t.Errorf("%s: %d bytes of %d, right sum %v", name, n, size, sum == want)
	}
}

// TestLongSuites runs the tests of the packages in processes that get no io_uring: among them
// nettest.TestConn and the https server of package netconn, and the suites of all rules.
func TestLongSuites(t *testing.T) {
	requireLong(t)
	dir := t.TempDir()
	var binaries []string
	for _, pkg := range []string{"iocp", "iocp/netconn", "iocp/iocptest", "iocp/win32", "iocp/iocptest/win32test", "iocp/aix", "iocp/iocptest/aixtest"} {
		binaries = append(binaries, suiteOf(t, dir, pkg))
	}
	eachRefusal(t, func(t *testing.T, r refuser) {
		switch r.name {
		case "sysctl":
			t.Skip("TestSuitesWhereTheSysctlForbidsIOUring runs them: the sysctl has to stay set")
		case "sandbox": // Go's runtime itself does not start without eventfd2
			calls := slices.DeleteFunc(slices.Clone(seccomprun.Modern), func(s string) bool { return s == "eventfd2" })
			r = bySeccomp(r.name, seccomprun.Env(syscall.ENOSYS, calls...))
		}
		for _, bin := range binaries {
			begin := time.Now()
			cmd := asProcess("-test.short", "-test.v")
			cmd.Env = append(cmd.Env, asOther+"="+bin, "IOCP_TEST_LONG=", "IOCP_TEST_ENGINE=")
			cmd.Dir = sourceOf(t, bin)
			runSuite(t, r, cmd)
			t.Logf("%s: %v", filepath.Base(bin), time.Since(begin).Round(time.Millisecond))
		}
	})
}

// suiteOf makes the test binary of a package.
func suiteOf(t *testing.T, dir, pkg string) (bin string) {
	t.Helper()
	bin = dir + "/" + strings.ReplaceAll(pkg, "/", ".") + ".test"
	if out, err := exec.Command("go", "test", "-c", "-o", bin, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go test -c %s: %v\n%s", pkg, err, out)
	}
	return bin
}

// sourceOf is the folder of the package that bin tests, where its tests are to run.
func sourceOf(t *testing.T, bin string) string {
	t.Helper()
	pkg := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(bin), ".test"), ".", "/")
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func runSuite(t *testing.T, r refuser, cmd *exec.Cmd) {
	t.Helper()
	p := r.start(t, cmd)
	rest, err := io.ReadAll(p.out)
	p.Wait()
	if failed := regexp.MustCompile(`(?m)^ *--- FAIL.*`).FindAll(rest, -1); err != nil || p.ProcessState.ExitCode() != 0 {
		t.Errorf("%v: %v, %s\n%s\n%s", cmd.Env[len(cmd.Env)-3], err, bytes.Join(failed, []byte("\n")), tail(rest), p.log)
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-4000):] }
