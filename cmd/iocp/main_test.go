// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"iocp/internal/seccomprun"
)

// patience is how long a test waits for something that has to happen.
const patience = 30 * time.Second

// asCommand in the environment makes the test binary the command itself, for the tests
// that need a process: signals, limits, another user.
const asCommand = "IOCP_TEST_AS_COMMAND"

// asClient in the environment names a server whose client the test binary is.
const asClient = "IOCP_TEST_AS_CLIENT"

// asOther in the environment names a program that the test binary becomes, after it has refused
// itself system calls.
const asOther = "IOCP_TEST_AS_OTHER"

func TestMain(m *testing.M) {
	seccomprun.Obey()
	if path := os.Getenv(asOther); path != "" {
		panic(syscall.Exec(path, append([]string{path}, os.Args[1:]...), os.Environ()))
	}
	if os.Getenv(asCommand) != "" {
		heedInterrupts()
		main()
	}
	if addr := os.Getenv(asClient); addr != "" {
		if err := ping(addr); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	warmUp()
	os.Exit(m.Run())
}

// warmUp makes the runtime open the descriptors that it keeps, so that leakCheck does not
// take them for leaks.
func warmUp() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	l.Close()
	run(context.Background(), []string{"info"}, output{io.Discard, io.Discard})
}

// runCommand runs the command in this process to its end.
func runCommand(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(context.Background(), args, output{&out, &err})
	return status, out.String(), err.String()
}

// A server is a command that runs in this process until it is stopped.
type server struct {
	ready  string // the line it printed
	log    *lockedBuffer
	cancel context.CancelFunc
	status chan int
}

// startServer runs the command and waits for the line that says it is ready.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	requireEngine(t)
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{log: new(lockedBuffer), cancel: cancel, status: make(chan int, 1)}
	r, w := io.Pipe()
	go func() {
		s.status <- run(ctx, args, output{w, s.log})
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("iocp %v: no ready line (%v); standard error: %s", args, err, s.log)
	}
	s.ready = strings.TrimSpace(line)
	return s
}

// stop ends the server as a signal does and returns its exit status.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	s.cancel()
	return waitFor(t, "the server to end", s.status)
}

// address returns the host:port in the ready line.
func (s *server) address(t *testing.T) string {
	t.Helper()
	return addressIn(t, s.ready)
}

func addressIn(t *testing.T, line string) string {
	t.Helper()
	i := strings.Index(line, "127.0.0.1:")
	if i < 0 {
		t.Fatalf("no address in %q", line)
	}
	return line[i : i+strings.IndexAny(line[i:], "/ ")]
}

// requireEngine skips a test on a system where no engine works, with the reason.
func requireEngine(t *testing.T) {
	t.Helper()
	if status, out, _ := runCommand("info"); status != 0 {
		t.Skipf("no engine works here:\n%s", out)
	}
}

// asProcess returns the test binary set up to run as the command.
func asProcess(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.SysProcAttr = interruptible()
	return cmd
}

// A process is the command running as a process of its own.
type process struct {
	*exec.Cmd
	ready string
	out   io.Reader // what it prints after the first line
	log   *lockedBuffer
}

// startProcess runs the command as a process and waits for its first line of output.
func startProcess(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd, log: new(lockedBuffer)}
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	buffered := bufio.NewReader(out)
	line, err := buffered.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: no ready line (%v); standard error: %s", cmd.Args, err, p.log)
	}
	p.ready, p.out = line, buffered
	return p
}

// end waits for the process and returns its exit status, -1 if a signal ended it.
func (p *process) end(t *testing.T) int {
	t.Helper()
	done := make(chan int, 1)
	go func() {
		p.Wait()
		done <- p.ProcessState.ExitCode()
	}()
	return waitFor(t, "the process to end", done)
}

// waitFor receives from c, or fails the test when that takes too long.
func waitFor[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("waited %v for %s\n%s", patience, what, stacks[:runtime.Stack(stacks, true)])
		panic("unreachable")
	}
}

// eventually calls ok until it reports true, or fails the test.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// leakCheck fails the test if it leaves goroutines or descriptors behind.
func leakCheck(t *testing.T) {
	t.Helper()
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	t.Cleanup(func() {
		deadline := time.After(patience)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for runtime.NumGoroutine() > goroutines || len(openDescriptors(t)) > len(descriptors) {
			select {
			case <-tick.C:
			case <-deadline:
				stacks := make([]byte, 1<<20)
				t.Fatalf("before: %d goroutines, descriptors %v; after: %d, %v\n%s", goroutines, descriptors,
					runtime.NumGoroutine(), openDescriptors(t), stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

// TestLeakCheckSeesFilesAndSockets tries again when a descriptor that an earlier test has left to the
// kernel or to the garbage collector is closed meanwhile.
func TestLeakCheckSeesFilesAndSockets(t *testing.T) {
	eventually(t, "two descriptors more with a file and a socket", func() bool {
		none := len(openDescriptors(t))
		f, err := os.Create(t.TempDir() + "/file")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return len(openDescriptors(t)) == none+2
	})
}

// lockedBuffer is a buffer that a server writes while a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
