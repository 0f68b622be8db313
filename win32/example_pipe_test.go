// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32_test

import (
	"fmt"
	"log"

	"iocp/win32"
)

// A server waits for a client and for its message by way of one port. What has ended is told by
// the OVERLAPPED that the packet brings back.
func ExampleCreateNamedPipe() {
	const name = `\\.\pipe\iocp-example`
	const mode = win32.PIPE_TYPE_MESSAGE | win32.PIPE_READMODE_MESSAGE
	server, err := win32.CreateNamedPipe(name, win32.PIPE_ACCESS_DUPLEX|win32.FILE_FLAG_OVERLAPPED, mode, 1, 4096, 4096, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer win32.CloseHandle(server)
	port, err := win32.CreateIoCompletionPort(server, 0, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer win32.CloseHandle(port)

	var connected, received win32.OVERLAPPED
	buf := make([]byte, 100)
	if err := win32.ConnectNamedPipe(server, &connected); err != win32.ERROR_IO_PENDING {
		log.Fatal(err)
	}
	answer := make(chan string)
	go func() { answer <- ask(name, "how are you?") }()
	for {
		var n uint32
		var key uintptr
		var ov *win32.OVERLAPPED
		if err := win32.GetQueuedCompletionStatus(port, &n, &key, &ov, win32.INFINITE); err != nil {
			log.Fatal(err)
		}
		switch ov {
		case &connected:
			fmt.Println("a client")
			if err := win32.ReadFile(server, buf, nil, &received); err != nil && err != win32.ERROR_IO_PENDING {
				log.Fatal(err)
			}
		case &received:
			fmt.Printf("%s\n", buf[:n])
			if err := win32.WriteFile(server, []byte("fine"), nil, new(win32.OVERLAPPED)); err != nil {
				log.Fatal(err)
			}
			fmt.Println(<-answer)
			return
		}
	}
	// Output:
	// a client
	// how are you?
	// fine
}

// ask is the client. Its calls wait.
func ask(name, question string) string {
	h, err := win32.CreateFile(name, win32.GENERIC_READ|win32.GENERIC_WRITE, 0, win32.OPEN_EXISTING, 0, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer win32.CloseHandle(h)
	var n uint32
	if err := win32.WriteFile(h, []byte(question), &n, nil); err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 100)
	if err := win32.ReadFile(h, buf, &n, nil); err != nil {
		log.Fatal(err)
	}
	return string(buf[:n])
}
