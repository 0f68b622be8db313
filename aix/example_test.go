// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix_test

import (
	"fmt"
	"log"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// The pages of CreateIoCompletionPort and PostQueuedCompletionStatus show four fragments of a
// program: a port without a file, descriptor 34 with a new port and key 25, descriptor 54 with an
// existing port and key 15, and a packet of 128 bytes with key 25. Here they make one program. The
// page for posting calls GetQueuedCompletionStatus by mistake.
func Example_pages() {
	c, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer aix.Close(c)

	var sockets [2]aix.HANDLE // descriptors 34 and 54 of the pages
	for i := range sockets {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			log.Fatal(err)
		}
		sockets[i] = aix.HANDLE(fd)
		defer aix.Close(sockets[i])
	}

	c, err = aix.CreateIoCompletionPort(sockets[0], aix.NULL, 25, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer aix.Close(c)
	d, err := aix.CreateIoCompletionPort(sockets[1], c, 15, 0)
	fmt.Println("the same port:", d == c, err)

	var overlapped aix.OVERLAPPED
	err = aix.PostQueuedCompletionStatus(c, 128, 25, &overlapped)
	fmt.Println("posted:", err)

	var count, key uint32
	var ov *aix.OVERLAPPED
	err = aix.GetQueuedCompletionStatus(c, &count, &key, &ov, aix.INFINITE)
	fmt.Println("taken:", count, key, ov == &overlapped, err)
	// Output:
	// the same port: true <nil>
	// posted: <nil>
	// taken: 128 25 true <nil>
}

// socketPair returns two sockets that are connected to each other.
func socketPair() (a, b aix.HANDLE) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		log.Fatal(err)
	}
	return aix.HANDLE(fds[0]), aix.HANDLE(fds[1])
}

// The pages of ReadFile and WriteFile show a synchronous call and an asynchronous one each. What
// can be done at once is done, and sends no packet.
func ExampleReadFile() {
	a, b := socketPair()
	defer aix.Close(a)
	defer aix.Close(b)
	port, err := aix.CreateIoCompletionPort(a, aix.NULL, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer aix.Close(port)

	buffer := make([]byte, 128)
	var overlapped aix.OVERLAPPED
	var n uint32
	err = aix.ReadFile(a, buffer, &n, &overlapped)
	fmt.Println("nothing there:", err)

	aix.WriteFile(b, []byte("hello"), &n, nil)
	var key uint32
	var ov *aix.OVERLAPPED
	err = aix.GetQueuedCompletionStatus(port, &n, &key, &ov, aix.INFINITE)
	fmt.Printf("a packet: %q %v\n", buffer[:n], err)

	aix.WriteFile(b, []byte("again"), &n, nil)
	err = aix.ReadFile(a, buffer, &n, &overlapped)
	fmt.Printf("at once: %q %v\n", buffer[:n], err)

	err = aix.GetQueuedCompletionStatus(port, &n, &key, &ov, 0)
	fmt.Println("no packet:", err == syscall.ETIMEDOUT)
	// Output:
	// nothing there: operation now in progress
	// a packet: "hello" <nil>
	// at once: "again" <nil>
	// no packet: true
}

// Requests on files are started through AIO, and name the port that gets their packets.
func ExampleLioListio() {
	f, err := os.CreateTemp("", "aix")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	fd, err := unix.Dup(int(f.Fd())) // one that is closed with aix.Close
	if err != nil {
		log.Fatal(err)
	}
	file := aix.HANDLE(fd)
	defer aix.Close(file)
	port, err := aix.CreateIoCompletionPort(file, aix.NULL, 7, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer aix.Close(port)

	var list []*aix.AIOCB
	for i, text := range []string{"one ", "two ", "three"} {
		list = append(list, &aix.AIOCB{
			Fildes: file, Offset: int64(4 * i), Buf: []byte(text), LioOpcode: aix.LIO_WRITE,
			Flags: aix.AIO_EXTENDED, Version: aix.AIOCBX_VERS2, IocpFd: port,
		})
	}
	if err := aix.LioListio(aix.LIO_NOWAIT, list); err != nil {
		log.Fatal(err)
	}
	results := make([]aix.Gmcs, 3)
	n, err := aix.GetMultipleCompletionStatus(port, 3, 3, aix.INFINITE, results)
	sum := uint32(0)
	for _, r := range results[:n] {
		sum += r.TransferCount
		if r.Overlapped.AIOCB() == nil || r.CompletionKey != 7 {
			fmt.Println("this is none of the requests")
		}
	}
	text, _ := os.ReadFile(f.Name())
	fmt.Printf("%d packets, %d bytes, %v: %q\n", n, sum, err, text)
	// Output:
	// 3 packets, 13 bytes, <nil>: "one two three"
}
