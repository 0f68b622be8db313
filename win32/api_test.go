// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// onOneSystem are the exported names that only one system has, and why.
var onOneSystem = map[string]string{}

// TestTheSystemsHaveTheSameNames compares what the package exports on Linux with what it exports
// on Windows: functions and methods with their types, types with their exported fields, and
// constants with their values. One source must build for both.
func TestTheSystemsHaveTheSameNames(t *testing.T) {
	linux, windows := exportsOf(t, "linux"), exportsOf(t, "windows")
	for _, name := range slices.Sorted(maps.Keys(linux)) {
		other, ok := windows[name]
		switch {
		case !ok && onOneSystem[name] == "":
			t.Errorf("%s is only on Linux: %s", name, linux[name])
		case ok && other != linux[name]:
			t.Errorf("%s differs:\n\tlinux:   %s\n\twindows: %s", name, linux[name], other)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(windows)) {
		if _, ok := linux[name]; !ok && onOneSystem[name] == "" {
			t.Errorf("%s is only on Windows: %s", name, windows[name])
		}
	}
	for name := range onOneSystem {
		_, l := linux[name]
		if _, w := windows[name]; l == w {
			t.Errorf("%s is listed as being on one system only: Linux %v, Windows %v", name, l, w)
		}
	}
}

// TestTheGuideNamesEveryFunction: docs/porting-from-windows.md is complete.
func TestTheGuideNamesEveryFunction(t *testing.T) {
	text, err := os.ReadFile("../docs/porting-from-windows.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := strings.ToLower(string(text))
	for name, is := range exportsOf(t, "windows") {
		if strings.HasPrefix(is, "func") && !strings.Contains(name, ".") && !strings.Contains(guide, strings.ToLower(name)) {
			t.Errorf("the guide says nothing of %s", name)
		}
	}
}

// exportsOf returns what the package exports on a system: names and what they are.
func exportsOf(t *testing.T, goos string) map[string]string {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = goos, "amd64", false
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	e := exports{fset: token.NewFileSet(), names: make(map[string]string)}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		if ok, err := ctx.MatchFile(".", f.Name()); err != nil {
			t.Fatal(err)
		} else if ok {
			e.addFile(t, f.Name())
		}
	}
	if len(e.names) < 100 {
		t.Fatalf("%s: only %d exported names", goos, len(e.names))
	}
	return e.names
}

type exports struct {
	fset  *token.FileSet
	names map[string]string
}

func (e exports) addFile(t *testing.T, name string) {
	file, err := parser.ParseFile(e.fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			e.addFunc(d)
		case *ast.GenDecl:
			e.addDecl(d)
		}
	}
}

func (e exports) addFunc(d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		name = strings.TrimPrefix(e.text(d.Recv.List[0].Type), "*") + "." + name
	}
	if d.Name.IsExported() && ast.IsExported(name) {
		e.names[name] = e.signature(d.Type)
	}
}

// signature is the type of a function; what its parameters are called does not matter.
func (e exports) signature(f *ast.FuncType) string {
	list := func(fields *ast.FieldList) string {
		if fields == nil {
			return ""
		}
		var types []string
		for _, f := range fields.List {
			for range max(1, len(f.Names)) {
				types = append(types, e.text(f.Type))
			}
		}
		return strings.Join(types, ", ")
	}
	return "func(" + list(f.Params) + ") (" + list(f.Results) + ")"
}

func (e exports) addDecl(d *ast.GenDecl) {
	for i, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() {
				e.names[spec.Name.Name] = "type " + e.typeText(spec)
			}
		case *ast.ValueSpec:
			for k, name := range spec.Names {
				if name.IsExported() {
					e.names[name.Name] = e.valueText(d.Tok, spec, i, k)
				}
			}
		}
	}
}

// typeText is a type as the user sees it: without the unexported fields of a struct, and without
// comments.
func (e exports) typeText(spec *ast.TypeSpec) string {
	equals := ""
	if spec.Assign.IsValid() {
		equals = "= "
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return equals + e.text(spec.Type)
	}
	var fields []string
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			if name.IsExported() {
				fields = append(fields, name.Name+" "+e.text(f.Type))
			}
		}
	}
	return equals + "struct { " + strings.Join(fields, "; ") + " }"
}

// valueText is a constant with its type, value, and place among its neighbours, which iota is.
func (e exports) valueText(tok token.Token, spec *ast.ValueSpec, i, k int) string {
	text := tok.String()
	if spec.Type != nil {
		text += " " + e.text(spec.Type)
	}
	if k >= len(spec.Values) {
		return text + " = the one above, " + string(rune('0'+i))
	}
	value := e.text(spec.Values[k])
	if strings.Contains(value, "iota") {
		value += ", " + string(rune('0'+i))
	}
	return text + " = " + value
}

func (e exports) text(n ast.Node) string {
	var b strings.Builder
	printer.Fprint(&b, token.NewFileSet(), n)
	return b.String()
}
