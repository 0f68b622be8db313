// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

// What Windows takes for something else than the name of a file in the folder: drives, streams, devices, shares.
func TestServeRefusesNamesThatMeanSomethingElseOnWindows(t *testing.T) {
	base := outside(t)
	s, _ := serveDir(t, base+"/served")
	wantNothing(t, s.address(t),
		"/C:", "/C:/", "/C:/windows/win.ini", "/C:secret", "/sub/C:/windows/win.ini", "/C%3a%5cwindows%5cwin.ini",
		"/sub%5cinside", "/sub%5c", "/%5c", "/%5cwindows%5cwin.ini", "/%5c%5clocalhost%5cC$%5cwindows%5cwin.ini", "//localhost/C$/windows/win.ini",
		"/%5c%5c%3f%5cC:%5cwindows%5cwin.ini", "/%5c%5c.%5cpipe", "/%3f%3f/C:/windows/win.ini", "/GLOBALROOT", "/sub/inside::$DATA", "/sub/inside:stream",
		"/sub::$INDEX_ALLOCATION", "/sub:$I30:$INDEX_ALLOCATION/inside", "/NUL", "/nul", "/nul.txt", "/sub/NUL", "/CON", "/CONIN$", "/CONOUT$",
		"/AUX", "/PRN", "/COM1", "/com9", "/LPT1", "/COM%C2%B9", "/sub/inside.", "/sub/inside%20", "/sub./inside", "/sub%20/inside",
		"/...", "/..%20/secret", "/.%20./secret", "/..%5c/secret")
}

func TestServeGivesWhatIsInside(t *testing.T) {
	base := outside(t)
	s, _ := serveDir(t, base+"/served")
	for _, path := range []string{"/sub/inside", "/sub/INSIDE", "/SUB/inside"} {
		if status, body := request(t, s.address(t), path); status != 200 || body != "inside" {
			t.Errorf("%s: status %d, body %q", path, status, body)
		}
	}
}
