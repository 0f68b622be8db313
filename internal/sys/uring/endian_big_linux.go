// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build mips || mips64 || ppc64 || s390x

package uring

const bigEndian = true
