// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A tally counts what a copy does, reports what goes wrong as it happens, and shows the
// progress. Its methods may be called by any number of goroutines.
type tally struct {
	w     io.Writer    // for reports and the progress
	moved atomic.Int64 // bytes, for the progress alone

	mu       sync.Mutex
	bar      *progressbar.ProgressBar // nil: none is shown
	files    int
	folders  int
	links    int
	bytes    int64
	failed   int
	changed  int
	partial  names // files stopped in the middle
	undone   names // what was not begun
	verified bool
}

// names is a list of which the first few are kept and the rest counted.
type names struct {
	first []string
	more  int
}

const namesKept = 10

func (n *names) add(name string) {
	if len(n.first) < namesKept {
		n.first = append(n.first, name)
		return
	}
	n.more++
}

func (n *names) len() int { return len(n.first) + n.more }

func (n *names) String() string {
	s := strings.Join(n.first, ", ")
	if n.more > 0 {
		s += fmt.Sprintf(" and %d more", n.more)
	}
	return s
}

func newTally(w io.Writer) *tally { return &tally{w: w} }

func (t *tally) file(size int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files++
	t.bytes += size
}

func (t *tally) link() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.links++
}

// folder counts a folder that was made.
func (t *tally) folder() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders++
}

// fail reports something that could not be copied.
func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed++
	t.say(explain(err))
}

// change reports a file that was changed while it was copied.
func (t *tally) change(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed++
	t.say(err.Error())
}

// interrupt notes a file whose copy was stopped in the middle and removed.
func (t *tally) interrupt(src string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial.add(src)
}

// leave notes what was not begun because the copy was interrupted.
func (t *tally) leave(srcs ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, src := range srcs {
		t.undone.add(src)
	}
}

// say prints a line, out of the way of the progress. The caller holds t.mu.
func (t *tally) say(line string) {
	if t.bar != nil {
		t.bar.Clear()
	}
	fmt.Fprintf(t.w, "iocp copy: %s\n", printable(line))
}

// printable writes what has no shape of its own in Go's way: a file may be called so that it begins
// a new line, or tells the terminal what to do.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && utf8.ValidString(s) {
		return s
	}
	var b []byte
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && (r != utf8.RuneError || n > 1) {
			b = append(b, s[:n]...)
		} else {
			quoted := strconv.Quote(s[:n])
			b = append(b, quoted[1:len(quoted)-1]...)
		}
		s = s[n:]
	}
	return string(b)
}

// verdict turns the tally into the error of the command. An interruption that came too
// late to stop anything is none.
func (t *tally) verdict(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil && t.partial.len()+t.undone.len() > 0 {
		if t.partial.len() > 0 {
			t.say(fmt.Sprintf("interrupted; %s incomplete and removed: %v", count(t.partial.len(), "copy", "copies"), &t.partial))
		}
		if t.undone.len() > 0 {
			t.say(fmt.Sprintf("interrupted; %d not begun: %v", t.undone.len(), &t.undone))
		}
		return errInterrupted
	}
	if t.failed+t.changed > 0 {
		return errReported
	}
	return nil
}

// summary says in one line what was done in the time d.
func (t *tally) summary(d time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "copied %s, %s, %s: %s in %v (%s/s)", count(t.files, "file", "files"), count(t.folders, "folder", "folders"),
		count(t.links, "link", "links"), inBytes(t.bytes), d.Round(time.Millisecond), inBytes(int64(float64(t.bytes)/max(d.Seconds(), 1e-9))))
	if t.verified {
		b.WriteString(", verified")
	}
	for _, part := range []struct {
		n    int
		what string
	}{{t.failed, "failed"}, {t.changed, "changed meanwhile"}, {t.partial.len(), "interrupted"}, {t.undone.len(), "not begun"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, "; %d %s", part.n, part.what)
		}
	}
	return b.String()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func inBytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, units := float64(n)/1024, "KMGTPE"
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	return fmt.Sprintf("%.1f %ciB", size, units[0])
}

func (t *tally) advance(n int64) { t.moved.Add(n) }

// show shows the progress until the function it returns is called, if w is a terminal.
func (t *tally) show(ctx context.Context, srcs []string, f *copyFlags) (stop func()) {
	t.verified = f.verify
	if f.quiet || !isTerminal(t.w) {
		return func() {}
	}
	// Without a spinner interval the bar has no goroutine of its own, which would outlive it.
	t.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(t.w), progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true), progressbar.OptionSetDescription("copying"),
		progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionFullWidth())
	ctx, cancel := context.WithCancel(ctx)
	var shown sync.WaitGroup
	shown.Go(func() { t.refresh(ctx, t.measure(ctx, srcs, f.verify)) })
	return func() {
		cancel()
		shown.Wait()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.bar.Clear()
		t.bar = nil
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// refresh brings the bar up to date ten times a second until ctx is done.
func (t *tally) refresh(ctx context.Context, total <-chan int64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-total:
			t.draw(func() { t.bar.ChangeMax64(n) })
		case <-tick.C:
			t.draw(func() { t.bar.Set64(t.moved.Load()) })
		}
	}
}

func (t *tally) draw(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// measure adds up what there is to copy while the copy runs, and sends the total when it
// knows it.
func (t *tally) measure(ctx context.Context, srcs []string, twice bool) <-chan int64 {
	total := make(chan int64, 1)
	go func() {
		var sum int64
		for _, src := range srcs {
			filepath.WalkDir(src, func(_ string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					if info, err := d.Info(); err == nil {
						sum += info.Size()
					}
				}
				return ctx.Err()
			})
		}
		if twice {
			sum *= 2
		}
		total <- sum
	}()
	return total
}
