// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package release gives memory to other goroutines with the one store that is needed for it: whoever
// loads the new value atomically sees everything that was done before [Store]. Nothing is promised about
// loads that follow Store, which may be done before others see it; a lock's holder that lets go, and
// whoever marks a thing as free, needs no more.
package release
