// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"
	"sync"
	"time"

	"iocp/win32/internal/npfs"
)

// pipes is where the names of pipes and mailslots are. They mean something in this process only.
var pipes npfs.Space

// pipe is one end of a pipe: a device that does its work in memory.
type pipe struct{ end *npfs.End }

// pipeRequest is what package npfs knows of an operation. It is made once for an operation and
// serves whatever that does on pipes and mailslots.
type pipeRequest struct {
	npfs.Request
	op *operation
}

// Complete implements npfs.Completer.
func (r *pipeRequest) Complete(st npfs.Status, n int) {
	op := r.op
	op.complete(NTSTATUS(st), uintptr(n))
}

// request returns op as package npfs knows it.
func (op *operation) request() *npfs.Request {
	if op.pipe == nil {
		op.pipe = &pipeRequest{op: op}
		op.pipe.Done = op.pipe
	}
	return &op.pipe.Request
}

// ofOperation turns what says which operations are meant into what says which requests are.
func ofOperation(match func(*operation) bool) func(*npfs.Request) bool {
	return func(r *npfs.Request) bool {
		p, ok := r.Done.(*pipeRequest)
		return ok && match(p.op)
	}
}

// begun turns what package npfs returned into what a device returns. While the operation pends
// it may be over already, so nothing of it is touched.
func (op *operation) begun(st npfs.Status, n int, pending bool) error {
	if pending {
		return nil
	}
	return op.doneNow(NTSTATUS(st), n)
}

func (p *pipe) read(op *operation, buf []byte) error {
	st, n, pending := p.end.Read(op.request(), buf)
	return op.begun(st, n, pending)
}

func (p *pipe) write(op *operation, buf []byte) error {
	st, n, pending := p.end.Write(op.request(), buf)
	return op.begun(st, n, pending)
}

func (p *pipe) cancel(match func(*operation) bool) int { return p.end.CancelFunc(ofOperation(match)) }
func (p *pipe) endpoint() endpoint                     { return nil }
func (p *pipe) close()                                 { p.end.Close() }

// flushRequest is a flush and the goroutine that waits for it.
type flushRequest struct {
	npfs.Request
	over chan npfs.Status
}

var flushRequests = sync.Pool{New: func() any {
	r := &flushRequest{over: make(chan npfs.Status, 1)}
	r.Done = r
	return r
}}

// Complete implements npfs.Completer.
func (r *flushRequest) Complete(st npfs.Status, _ int) { r.over <- st }

// flush waits until the peer has read everything (O08).
func (p *pipe) flush() error {
	r := flushRequests.Get().(*flushRequest)
	st, pending := p.end.Flush(&r.Request)
	if pending {
		st = <-r.over
	}
	flushRequests.Put(r)
	return pipeError(st)
}

// pipeError is what a function returns that is done, with st, when it returns.
func pipeError(st npfs.Status) error { return NTSTATUS(st).Errno().err() }

// pipeOf returns the pipe behind h. Another kind of file is no reason for a function of its own
// code: otherwise is what the function says of it.
func pipeOf(h HANDLE, otherwise Errno) (f *file, p *pipe, access uint32, err error) {
	f, access, err = fileOf(h)
	if err != nil {
		return nil, nil, 0, err
	}
	p, ok := f.dev.(*pipe)
	if !ok {
		return nil, nil, 0, otherwise
	}
	return f, p, access, nil
}

const (
	defaultPipeWait  = 50 * time.Millisecond // of a pipe that was created with none
	defaultPipeQuota = 4096                  // of an anonymous pipe of size 0
)

// millis turns a time limit of pipes and mailslots into package npfs's.
func millis(ms uint32) time.Duration {
	if ms == INFINITE {
		return npfs.Forever
	}
	return time.Duration(ms) * time.Millisecond
}

// CreateNamedPipe makes an instance of a pipe and returns the handle of the server's end, which
// listens: a client can open it from now on with [CreateFile]. The name begins with \\.\pipe\
// and means something in this process only; the case does not matter.
//
//   - openMode: PIPE_ACCESS_DUPLEX, INBOUND or OUTBOUND; FILE_FLAG_OVERLAPPED, which
//     the port needs (A17); FILE_FLAG_FIRST_PIPE_INSTANCE; FILE_FLAG_WRITE_THROUGH has no effect.
//   - pipeMode: PIPE_TYPE_BYTE or MESSAGE for the pipe, PIPE_READMODE_BYTE or MESSAGE and PIPE_WAIT or
//     NOWAIT for this end. A client's end begins in byte mode and waits.
//   - maxInstances, 1 to PIPE_UNLIMITED_INSTANCES, counts for the first instance only, and so
//     does defaultTimeout, in milliseconds (0: 50), which WaitNamedPipe uses. Type and access must
//     be the same for all.
//   - outSize and inSize are how many bytes may be unread in each direction before writes pend
//     (H14, O06). Memory is taken as it is needed.
//
// Closing an end ends its reads, and the reads and writes of the other end, with ERROR_BROKEN_PIPE (H07, H09,
// H16). What it has written stays for the other end (H06), writes that are pending included: these
// end when they have been read, or when the other end is closed, too.
//
// It does not block. Errors, with INVALID_HANDLE_VALUE: ERROR_PATH_NOT_FOUND for an empty name;
// ERROR_INVALID_NAME for one that does not begin so; ERROR_INVALID_PARAMETER for undefined modes or a
// number of instances out of range; ERROR_PIPE_BUSY if all instances exist; ERROR_ACCESS_DENIED if
// they are of another kind, or exist and this shall be the first; ERROR_NO_SYSTEM_RESOURCES if too
// many handles are open.
func CreateNamedPipe(name string, openMode, pipeMode, maxInstances, outSize, inSize, defaultTimeout uint32) (HANDLE, error) {
	if name == "" {
		return INVALID_HANDLE_VALUE, ERROR_PATH_NOT_FOUND
	}
	rest, ok := npfs.PipeName(name)
	if !ok {
		return INVALID_HANDLE_VALUE, ERROR_INVALID_NAME
	}
	c, access, err := pipeConfig(openMode, pipeMode)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	c.Max, c.OutQuota, c.InQuota = int(min(maxInstances, PIPE_UNLIMITED_INSTANCES+1)), saturate(outSize), saturate(inSize)
	if c.Timeout = millis(defaultTimeout); c.Timeout == 0 {
		c.Timeout = defaultPipeWait
	}
	end, st := pipes.Create(rest, c)
	if st != npfs.Success {
		return INVALID_HANDLE_VALUE, pipeError(st)
	}
	return openPipeEnd(end, access, openMode&FILE_FLAG_OVERLAPPED != 0)
}

// saturate turns a DWORD into an int that is no less than zero, whatever the size of an int.
func saturate(n uint32) int { return int(min(uint64(n), math.MaxInt)) }

// pipeConfig reads the modes of CreateNamedPipe.
func pipeConfig(openMode, pipeMode uint32) (c npfs.Config, access uint32, err error) {
	const openFlags = FILE_FLAG_OVERLAPPED | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_FIRST_PIPE_INSTANCE
	const modes = PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS
	switch openMode &^ openFlags {
	case PIPE_ACCESS_DUPLEX:
		access = FILE_GENERIC_READ | FILE_GENERIC_WRITE
	case PIPE_ACCESS_INBOUND:
		c.Direction, access = npfs.Inbound, FILE_GENERIC_READ
	case PIPE_ACCESS_OUTBOUND:
		c.Direction, access = npfs.Outbound, FILE_GENERIC_WRITE|FILE_READ_ATTRIBUTES
	default:
		return c, 0, ERROR_INVALID_PARAMETER
	}
	if pipeMode&^modes != 0 {
		return c, 0, ERROR_INVALID_PARAMETER
	}
	c.First = openMode&FILE_FLAG_FIRST_PIPE_INSTANCE != 0
	c.Messages = pipeMode&PIPE_TYPE_MESSAGE != 0
	c.Mode, c.NoWait = endMode(pipeMode)
	return c, access, nil
}

// endMode reads the modes of one end.
func endMode(pipeMode uint32) (npfs.ReadMode, bool) {
	mode := npfs.ReadBytes
	if pipeMode&PIPE_READMODE_MESSAGE != 0 {
		mode = npfs.ReadMessages
	}
	return mode, pipeMode&PIPE_NOWAIT != 0
}

// openPipeEnd makes the first handle on an end, or closes it.
func openPipeEnd(end *npfs.End, access uint32, overlapped bool) (HANDLE, error) {
	h, err := open(newFile(&pipe{end}, overlapped, false), access)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	return h, nil
}

// openPipe opens the client's end of a pipe for CreateFile, with rights and flags of files. ok is
// false if name is not that of a pipe.
func openPipe(name string, access, flags uint32) (h HANDLE, ok bool, err error) {
	rest, ok := npfs.PipeName(name)
	if !ok {
		return 0, false, nil
	}
	end, st := pipes.Open(rest, access&FILE_READ_DATA != 0, access&(FILE_WRITE_DATA|FILE_APPEND_DATA) != 0)
	if st != npfs.Success {
		return 0, true, pipeError(st)
	}
	h, err = openPipeEnd(end, access, flags&FILE_FLAG_OVERLAPPED != 0)
	return h, true, err
}

// CreatePipe makes a pipe without a name and stores the handles of its ends in *read and *write.
// At most size bytes may be unread; 0 stands for 4,096. Its handles are never overlapped, so they
// cannot be associated with a port (A19). It does not block.
//
// Error: ERROR_NO_SYSTEM_RESOURCES if too many handles are open; nothing is stored then.
func CreatePipe(read, write *HANDLE, size uint32) error {
	if size == 0 {
		size = defaultPipeQuota
	}
	reader, writer := npfs.Pair(saturate(size))
	r, err := openPipeEnd(reader, FILE_GENERIC_READ|FILE_WRITE_ATTRIBUTES, false)
	if err != nil {
		writer.Close()
		return err
	}
	w, err := openPipeEnd(writer, FILE_GENERIC_WRITE|FILE_READ_ATTRIBUTES, false)
	if err != nil {
		CloseHandle(r)
		return err
	}
	*read, *write = r, w
	return nil
}
