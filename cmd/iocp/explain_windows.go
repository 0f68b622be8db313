// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "golang.org/x/sys/windows"

var cures = []cure{
	{windows.WSAEADDRINUSE, addressInUse},
	{windows.WSAEADDRNOTAVAIL, noSuchAddress},
	{windows.WSAEACCES, reservedPort},
	{windows.ERROR_DISK_FULL, deviceFull},
	{windows.ERROR_HANDLE_DISK_FULL, deviceFull},
	{windows.ERROR_DISK_QUOTA_EXCEEDED, overQuota},
	{windows.ERROR_NOT_ENOUGH_QUOTA, overQuota},
	{windows.ERROR_WRITE_PROTECT, "the device is write-protected: choose another target"},
	{windows.ERROR_SHARING_VIOLATION, "close the program that has it open"},
	{windows.ERROR_LOCK_VIOLATION, "close the program that has locked a part of it"},
	{windows.ERROR_PRIVILEGE_NOT_HELD, "to make links, turn on the developer mode or run as an administrator"},
	{windows.ERROR_FILENAME_EXCED_RANGE, shorterName},
	{windows.ERROR_INVALID_NAME, "no file can have such a name here: choose another"},
	{windows.ERROR_CRC, deviceFailed},
	{windows.ERROR_IO_DEVICE, deviceFailed},
}

const reservedPort = "the port may be reserved for something else (netsh interface ipv4 show excludedportrange tcp): choose another with -addr"
