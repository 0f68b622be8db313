// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package inflight holds the operations that an engine has accepted and not yet given back: in a
// table with generations, in the lists in which they wait, and in the queue of what is over.
//
// An engine has a type of its own for a request, with what it needs to know, and begins it with a
// Request of this package:
//
//	type request struct {
//		inflight.Request[request] // must be the first field
//		op *engine.Op
//		...
//	}
//
//	var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{} // it is the first field
//
// That makes a list of *request a list without allocations and without interfaces: its links are in the
// requests. A request is in one list at a time. The second declaration does not compile where Request is
// not the first field; everything here relies on it.
//
// Unless a method says otherwise, whoever calls sees to it that nobody else uses the same value at the
// same time. Nothing here blocks, and only a table that grows allocates.
package inflight

import "unsafe"

// Request is what this package, and package pool, keep of an operation in flight: its links and its place
// in the table.
type Request[T any] struct {
	next, prev *T

	slot uint32
	gen  uint32 // of the operation that has the request

	turn uint64 // in Submissions, or 0

	dead  bool // cancelled before it was published
	asked bool // a cancel of it is not published yet

	// Pooled belongs to package pool, whose lock guards it: the request is in the queue of a pool.
	Pooled bool
}

// Of returns the Request that r begins with.
func Of[T any](r *T) *Request[T] { return (*Request[T])(unsafe.Pointer(r)) }

// Next returns the request behind r in the list that r is in, or nil. Whoever owns the list calls it.
func (r *Request[T]) Next() *T { return r.next }

// Generation tells the operations apart that use a request one after the other. It changes in
// Table.Remove, and is read by whoever knows that the operation is not over, or under the port's lock.
func (r *Request[T]) Generation() uint32 { return r.gen }

// Dead reports whether the operation was cancelled before it was published: it ends without having
// touched its descriptor. Valid after Publish.
func (r *Request[T]) Dead() bool { return r.dead }
