// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package queue is the port core: packets first in first out, waiting workers last in
// first out, and the concurrency value, by the rules of the NT kernel's queue object.
//
// It knows packets (of any type), the goroutines that take them, and a [Source] that
// brings packets of its own, the completions of operations. What a packet means, which
// endpoint it comes from and how the kernel is asked for it must never be here.
//
// # The rules
//
// A worker is a goroutine that has called Get. It belongs to the port it called last
// (C08), and while it is outside Get it runs, unless it is blocked: running is their
// number, max the concurrency value.
//
// Post: if running < max and a worker waits, the packet is handed to the one that came
// last, which counts as running from that moment, not from when it wakes (C01, C02, C14);
// otherwise the packet is appended. So packets queued and workers waiting implies
// running >= max.
//
// Get: the caller is uncounted first; if then running < max and there is a packet, it
// takes it, ahead of workers that have waited longer (C04, C13). A poll at the limit finds
// nothing although packets are queued (C09), and whoever leaves Get without a packet
// runs (C10). A batch costs one slot (C12).
//
// A running worker that blocks elsewhere or ends frees its slot, and another is released
// (C05, C07). When it runs again it counts again, without asking; the limit may be
// exceeded then and is brought down by the next Gets (C06).
package queue
