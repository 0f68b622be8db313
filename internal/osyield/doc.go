// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package osyield gives the processor to another thread, which runtime.Gosched, with which a goroutine gives way to
// another, does not.
//
// Who waits for a lock by asking again and again needs both. The holder may be a goroutine that the runtime has
// interrupted, or one whose thread the system has; and the thread often stands in line behind the very one that asks, which
// would go on asking until its time is used up: for some milliseconds.
package osyield
