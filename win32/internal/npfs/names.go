// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import "strings"

// PipeName returns what follows \\.\pipe\ in path, and whether path begins so. The case does
// not matter, slashes count as backslashes, and \\?\pipe\ is the same place.
func PipeName(path string) (name string, ok bool) { return cut(path, `pipe\`) }

// MailslotName does the same for \\.\mailslot\.
func MailslotName(path string) (name string, ok bool) { return cut(path, `mailslot\`) }

func cut(path, device string) (name string, ok bool) {
	const roots = 4 // the length of \\.\ and \\?\
	if len(path) < roots+len(device) {
		return "", false
	}
	p := path
	if strings.Contains(path[:roots+len(device)], "/") {
		p = strings.ReplaceAll(path, "/", `\`)
	}
	if root := p[:roots]; root != `\\.\` && root != `\\?\` {
		return "", false
	}
	if !strings.EqualFold(p[roots:roots+len(device)], device) {
		return "", false
	}
	return p[roots+len(device):], true
}
