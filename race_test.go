// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (linux || windows) && race

package iocp

const raceEnabled = true
