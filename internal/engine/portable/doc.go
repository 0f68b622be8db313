// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package portable is the engine of last resort: it drives the operations of one port on any Unix
// system with nothing but Go's own network poller. It is the only engine on macOS, the BSDs, illumos
// and Solaris, and can be asked for by name on Linux. It is empty on other systems.
//
// The same source runs everywhere except for the thin layer of system calls in the calls and accept
// files. It is tested on Linux, and that layer as well, with the build tag iocp_libc, which makes
// Linux one of the systems that are entered through package unix alone. On the other systems it is
// compiled and vetted, and has not been run.
//
// What lives here: the requests that wait for a descriptor, the goroutines that wait for them, the
// system calls that carry them out, the threads for files, and the probe. What must never be here:
// completion keys, workers, or any decision about when to submit and who waits; those belong to
// the packages above (see internal/engine).
//
// # Who does the work
//
// Enter starts requests: what needs no waiting is carried out there and then. Where a request has
// to wait, a goroutine per descriptor and direction waits for it in Go's poller, carries out what
// becomes possible, and ends when nobody waits any more. So completions appear by themselves; Work
// is always false and Nudge has nothing to do. Watch waits on a channel.
//
// Each descriptor has a lock of its own, under which the system calls are made; none of them waits.
// Queue, Cancel and Reap, which are called with the port's lock held, never take it.
//
// # Pollable descriptors
//
// Go's poller takes a descriptor only together with an os.File that owns it. So the engine has
// a copy of each on which somebody has had to wait (fcntl(2), F_DUPFD_CLOEXEC), until Close or
// Forget: allow for two descriptors per connection.
//
// The poller also demands non-blocking mode, which belongs to all copies of a descriptor, also in
// other processes. The engine sets it, at every use that depends on it, as somebody else may
// change it, and takes it back with Close or Forget if it has found the descriptor blocking. Sockets
// are asked with MSG_DONTWAIT nonetheless; only accept(2) and connect(2) have no such flag.
//
// Where the poller refuses a descriptor (a terminal on some systems, a named pipe on macOS) a thread
// waits for it.
//
// # Files
//
// Regular files, disks and everything with an offset go to a bounded pool of goroutines in blocking
// system calls. A request that such a goroutine has begun cannot be cancelled and ends with its own
// result.
//
// # What Linux alone has
//
// Elsewhere a write to the end of a file is one behind the length it has at that moment, unless the
// file was opened with O_APPEND: two processes may overwrite each other. A transfer of several
// vectors at an offset is one system call per vector. MSG_TRUNC tells that a datagram was longer
// than the room, not how long. On systems entered through package unix (macOS, OpenBSD, illumos,
// Solaris) messages allocate, receives may, and several vectors written to a pipe may be mixed with
// others.
package portable
