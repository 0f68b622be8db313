// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// elsewhere is what a suite that runs on another system gives.
var elsewhere = lines("run TestNT/A01", "pass TestNT/A01",
	"run TestNT/A02", "output TestNT/A02     a_test.go:1: no such thing\n", "skip TestNT/A02")

func TestRecordIsReadAsItWasWritten(t *testing.T) {
	want := suite{name: "nt", test: "TestNT", recorded: true, rules: map[string]result{
		"A01": {outcome: passes},
		"A02": {outcome: skipped, reasons: []string{"one", "two: three"}},
		"B01": {outcome: partly, reasons: []string{"why"}},
		"C01": {outcome: fails},
	}}
	file := filepath.Join(t.TempDir(), "nt.txt")
	if err := os.WriteFile(file, []byte(want.record()), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := readRecord(file, suite{name: "nt", test: "TestNT"})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestRecordWithABadLineIsRefused(t *testing.T) {
	for _, text := range []string{"A01", "A01 yes", "A1\tyes", "A01\tmaybe", "A01\t"} {
		file := filepath.Join(t.TempDir(), "nt.txt")
		if err := os.WriteFile(file, []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readRecord(file, suite{name: "nt"}); err == nil || !strings.Contains(err.Error(), "-record nt") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestRecordTakesTheRunsPlace(t *testing.T) {
	dir, out := t.TempDir(), tempPage(t)
	nt := []string{"-engines", "nt=TestNT", "-records", dir}
	if status, said := gen(elsewhere, append(nt, "-record", "nt")...); status != 0 || said != "" {
		t.Fatalf("recording: exit status %d: %s", status, said)
	}
	if status, said := gen(elsewhere, append(nt, "-record", "nt", "-check")...); status != 0 || said != "" {
		t.Errorf("checking the record: exit status %d: %s", status, said)
	}
	changed := elsewhere + lines("run TestNT/A03", "pass TestNT/A03")
	if status, said := gen(changed, append(nt, "-record", "nt", "-check")...); status != 1 || !strings.Contains(said, "it needs: A03\tyes") {
		t.Errorf("checking the record of another run: exit status %d: %s", status, said)
	}
	gen(allPassLines(), append(nt, "-o", out)...)
	page, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(page), "| nt | 1 | 0 | 1 | 0 |") || !strings.Contains(string(page), "a: no such thing\n") ||
		!strings.Contains(string(page), "on\nevery engine, nt (TestNT, as recorded), and of") {
		t.Errorf("the page does not have the record (%v)", err)
	}
}

func TestRecordOfNothingIsRefused(t *testing.T) {
	dir := t.TempDir()
	if status, said := gen(allPassLines(), "-engines", "nt=TestNT", "-records", dir, "-record", "nt"); status != 1 ||
		!strings.Contains(said, "no subtest of TestNT") {
		t.Errorf("exit status %d: %s", status, said)
	}
	if status, said := gen(allPassLines(), "-record", "sim"); status != 2 || !strings.Contains(said, "-record sim") {
		t.Errorf("a suite that is not there: exit status %d: %s", status, said)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("records were written: %v, %v", left, err)
	}
}

// The engines run one suite: a rule that only one of them has shows that a run was not whole.
func TestEnginesWithDifferentRulesAreAnError(t *testing.T) {
	both := []string{"-engines", "uring=TestUring,nt=TestNT", "-o", tempPage(t)}
	status, said := gen(allPassLines()+elsewhere, both...)
	if status != 1 || !strings.Contains(said, "TestNT lacks the rules A03, A04,") || strings.Contains(said, "TestUring lacks") {
		t.Errorf("exit status %d: %s", status, said)
	}
}
