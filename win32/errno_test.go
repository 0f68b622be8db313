// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// TestEveryCodeHasANameAndASentence reads the constants from the source and looks each up in
// the table, which must have no other rows.
func TestEveryCodeHasANameAndASentence(t *testing.T) {
	consts := constantsOf(t, "errno_codes.go", "Errno")
	texts := make(map[string]bool)
	for name, value := range consts {
		i, ok := Errno(value).row()
		if !ok {
			t.Errorf("%s = %d has no row", name, value)
			continue
		}
		row := errnoRows[i]
		if row.name != name {
			t.Errorf("%d is %s in the constants and %s in the table", value, name, row.name)
		}
		if row.text == "" || strings.HasSuffix(row.text, ".") || unicode.IsUpper(rune(row.text[0])) {
			t.Errorf("the sentence for %s has the wrong form: %q", name, row.text)
		}
		texts[name] = true
	}
	if len(consts) != len(errnoRows) {
		t.Errorf("%d constants, %d rows", len(consts), len(errnoRows))
	}
	if !slices.IsSortedFunc(errnoRows[:], func(a, b errnoRow) int { return int(a.code) - int(b.code) }) {
		t.Error("the rows are not ordered by code")
	}
	checkNamesUnique(t, errnoRows[:], func(r errnoRow) (uint32, string) { return uint32(r.code), r.name })
}

// TestEveryStatusHasAName does the same for the statuses, and asks that both codes of each
// be known ones.
func TestEveryStatusHasAName(t *testing.T) {
	consts := constantsOf(t, "ntstatus_names.go", "NTSTATUS")
	for name, value := range consts {
		if got := NTSTATUS(value).String(); got != name {
			t.Errorf("0x%08X is %s in the constants and %s in the table", value, name, got)
		}
	}
	if len(consts) != len(statusRows) {
		t.Errorf("%d constants, %d rows", len(consts), len(statusRows))
	}
	if !slices.IsSortedFunc(statusRows[:], func(a, b statusRow) int { return int(int64(a.status) - int64(b.status)) }) {
		t.Error("the rows are not ordered by status")
	}
	for _, r := range statusRows {
		for _, code := range []Errno{r.code, r.wsa} {
			if _, ok := code.row(); !ok {
				t.Errorf("%s leads to the unknown code %d", r.name, uint32(code))
			}
		}
	}
	checkNamesUnique(t, statusRows[:], func(r statusRow) (uint32, string) { return uint32(r.status), r.name })
}

func checkNamesUnique[R any](t *testing.T, rows []R, of func(R) (uint32, string)) {
	t.Helper()
	values, names := make(map[uint32]bool), make(map[string]bool)
	for _, r := range rows {
		value, name := of(r)
		if values[value] || names[name] {
			t.Errorf("%s (0x%X) is in the table twice", name, value)
		}
		values[value], names[name] = true, true
	}
}

// constantsOf returns the constants of the given type that a file of this package declares.
func constantsOf(t *testing.T, file, typ string) map[string]uint32 {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Skip("the source is not here: ", err)
	}
	found := make(map[string]uint32)
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if id, isIdent := spec.Type.(*ast.Ident); ok && isIdent && id.Name == typ {
			v, _ := constant.Uint64Val(constant.MakeFromLiteral(lit.Value, lit.Kind, 0))
			found[spec.Names[0].Name] = uint32(v)
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("no constants of type %s in %s", typ, file)
	}
	return found
}

func TestErrorNamesTheCode(t *testing.T) {
	for code, want := range map[Errno]string{
		ERROR_INVALID_HANDLE: "(ERROR_INVALID_HANDLE 6)",
		WAIT_TIMEOUT:         "(WAIT_TIMEOUT 258)",
		WSAECONNRESET:        "(WSAECONNRESET 10054)",
		WSA_IO_PENDING:       "(ERROR_IO_PENDING 997)",
		4711:                 "(4711)",
	} {
		text := code.Error()
		if !strings.HasSuffix(text, " "+want) || len(text) < len(want)+5 || strings.Contains(text, "\n") {
			t.Errorf("%d: %q, want a sentence and %q", uint32(code), text, want)
		}
	}
}

// TestStatusToCode has the pairs of RtlNtStatusToDosError that were observed (B20), and those
// of WSAGetOverlappedResult (F26).
func TestStatusToCode(t *testing.T) {
	for _, c := range []struct {
		status NTSTATUS
		code   Errno
		wsa    Errno
	}{
		{0x00000000, 0, 0},
		{0x00000080, 735, 0},
		{0x000000C0, 737, 0},
		{0x00000102, 1460, 0},
		{0x00000103, 997, 997},
		{0x0000010B, 745, 0},
		{0x0000010C, 1022, 0},
		{0x80000005, 234, 10040},
		{0x8000000A, 676, 10022},
		{0xC0000005, 998, 10014},
		{0xC0000008, 6, 10038},
		{0xC000000D, 87, 10022},
		{0xC0000010, 1, 10022},
		{0xC0000011, 38, 10022},
		{0xC0000017, 8, 10055},
		{0xC0000022, 5, 10013},
		{0xC0000023, 122, 10014},
		{0xC0000024, 6, 10038},
		{0xC0000043, 32, 10048},
		{0xC0000044, 1816, 10055},
		{0xC0000054, 33, 10022},
		{0xC0000055, 33, 10022},
		{0xC000007F, 112, 10022},
		{0xC000009A, 1450, 10055},
		{0xC00000B0, 233, 10058},
		{0xC00000B1, 232, 10022},
		{0xC00000B2, 535, 10022},
		{0xC00000B3, 536, 10022},
		{0xC00000B5, 121, 10060},
		{0xC00000BB, 50, 10045},
		{0xC00000E8, 1784, 10022},
		{0xC0000120, 995, 995},
		{0xC000013B, 64, 10053},
		{0xC000014B, 109, 10022},
		{0xC000020C, 64, 10054},
		{0xC000020D, 64, 10054},
		{0xC0000225, 1168, 10022},
		{0xC0000236, 1225, 10061},
		{0xC000023C, 1231, 10051},
		{0xC000023D, 1232, 10065},
		{0xC000023E, 1233, 10051},
		{0xC000023F, 1234, 10054},
		{0xC0000240, 1235, 10004},
		{0xC0000241, 1236, 10053},
		{0x40000123, 317, 0},
		{0xCAFEBABE, 317, 10022},
	} {
		if got := c.status.Errno(); got != c.code {
			t.Errorf("%v.Errno() = %v, want %d", c.status, got, uint32(c.code))
		}
		if got := c.status.WSAErrno(); got != c.wsa {
			t.Errorf("%v.WSAErrno() = %v, want %d", c.status, got, uint32(c.wsa))
		}
	}
}

// TestSeverity: success and information are TRUE, a warning is FALSE and yet no error (B21,
// F04).
func TestSeverity(t *testing.T) {
	for status, want := range map[NTSTATUS][2]bool{
		STATUS_SUCCESS:         {true, false},
		STATUS_PENDING:         {true, false},
		0x40000000:             {true, false},
		STATUS_BUFFER_OVERFLOW: {false, false},
		STATUS_CANCELLED:       {false, true},
	} {
		if got := [2]bool{status.succeeded(), status.failed()}; got != want {
			t.Errorf("%v: succeeded, failed = %v, want %v", status, got, want)
		}
	}
	for _, r := range statusRows {
		if r.status.succeeded() != (r.wsa == ERROR_SUCCESS) && r.status != STATUS_PENDING {
			t.Errorf("%v is a success to file functions or to socket functions, but not to both", r.status)
		}
		if r.status.failed() && r.code == ERROR_SUCCESS {
			t.Errorf("%v is an error without a code", r.status)
		}
	}
}

func TestStatusWithoutANameIsANumber(t *testing.T) {
	if got := NTSTATUS(0xC0FFEE01).String(); got != "NTSTATUS 0xc0ffee01" {
		t.Errorf("got %q", got)
	}
}

func TestIsTheErrorsOfTheStandardLibrary(t *testing.T) {
	for _, c := range []struct {
		code   Errno
		target error
		want   bool
	}{
		{ERROR_FILE_NOT_FOUND, os.ErrNotExist, true},
		{ERROR_PATH_NOT_FOUND, os.ErrNotExist, true},
		{ERROR_NOT_FOUND, os.ErrNotExist, false},
		{ERROR_FILE_EXISTS, os.ErrExist, true},
		{ERROR_ALREADY_EXISTS, os.ErrExist, true},
		{ERROR_ACCESS_DENIED, os.ErrPermission, true},
		{WSAEACCES, os.ErrPermission, true},
		{ERROR_SHARING_VIOLATION, os.ErrPermission, false},
		{WAIT_TIMEOUT, os.ErrDeadlineExceeded, true},
		{WSAETIMEDOUT, os.ErrDeadlineExceeded, false},
		{ERROR_INVALID_HANDLE, os.ErrClosed, true},
		{ERROR_INVALID_HANDLE, net.ErrClosed, true},
		{WSAENOTSOCK, net.ErrClosed, true},
		{WSAECONNRESET, net.ErrClosed, false},
		{ERROR_ABANDONED_WAIT_0, os.ErrClosed, true},
		{ERROR_NOT_SUPPORTED, errors.ErrUnsupported, true},
		{ERROR_HANDLE_EOF, io.EOF, true},
		{ERROR_BROKEN_PIPE, io.EOF, false},
		{ERROR_HANDLE_EOF, ERROR_HANDLE_EOF, true},
		{ERROR_NETNAME_DELETED, WSAECONNRESET, false},
	} {
		if got := errors.Is(c.code, c.target); got != c.want {
			t.Errorf("errors.Is(%v, %v) = %v", c.code, c.target, got)
		}
	}
}

// TestIsTheErrorNumber goes through the tables: each code is the error numbers that lead to
// it, and those that mean the same.
func TestIsTheErrorNumber(t *testing.T) {
	for _, r := range nativeRows {
		if !errors.Is(r.fileCode(), r.errno) {
			t.Errorf("%v is not %v", r.fileCode(), r.errno)
		}
		if code := r.socketCode(); code != WSAEINVAL && !errors.Is(code, r.errno) {
			t.Errorf("%v is not %v", code, r.errno)
		}
	}
	for _, m := range otherMatches {
		if !errors.Is(m.code, m.errno) {
			t.Errorf("%v is not %v", m.code, m.errno)
		}
	}
	for code, errno := range map[Errno]syscall.Errno{
		ERROR_INVALID_HANDLE: syscall.EINVAL,
		WSAEINVAL:            syscall.EIO,
		ERROR_SUCCESS:        syscall.EBADF,
		WSAECONNRESET:        syscall.ECONNABORTED,
	} {
		if errors.Is(code, errno) {
			t.Errorf("%v is %v", code, errno)
		}
	}
	if !errors.Is(WSAEINVAL, syscall.EINVAL) || !errors.Is(ERROR_INVALID_PARAMETER, syscall.EINVAL) {
		t.Error("an invalid argument is not EINVAL")
	}
}

func TestTimeoutAndTemporary(t *testing.T) {
	var _ net.Error = Errno(0)
	for code, want := range map[Errno][2]bool{
		WAIT_TIMEOUT:              {true, true},
		WSAETIMEDOUT:              {true, true},
		ERROR_SEM_TIMEOUT:         {true, true},
		WSAEWOULDBLOCK:            {true, true},
		ERROR_TOO_MANY_OPEN_FILES: {false, true},
		WSAENOBUFS:                {false, true},
		ERROR_INVALID_HANDLE:      {false, false},
		ERROR_IO_PENDING:          {false, false},
	} {
		if got := [2]bool{code.Timeout(), code.Temporary()}; got != want {
			t.Errorf("%v: Timeout, Temporary = %v, want %v", code, got, want)
		}
	}
	if !os.IsTimeout(WAIT_TIMEOUT) {
		t.Error("os.IsTimeout(WAIT_TIMEOUT) is false")
	}
}

func TestErrAllocatesNothing(t *testing.T) {
	if ERROR_SUCCESS.err() != nil {
		t.Error("success is an error")
	}
	for _, r := range errnoRows {
		if r.code != ERROR_SUCCESS && r.code.err() != error(r.code) {
			t.Errorf("%v becomes %v", r.code, r.code.err())
		}
	}
	if err := Errno(4711).err(); err != error(Errno(4711)) {
		t.Errorf("an unknown code becomes %v", err)
	}
	var sink error
	if n := testing.AllocsPerRun(100, func() {
		for _, r := range errnoRows {
			sink = r.code.err()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	_ = sink
}
