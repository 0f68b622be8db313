// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

// What others may do with the file meanwhile; the third argument of CreateFile.
const (
	FILE_SHARE_READ   = 0x1
	FILE_SHARE_WRITE  = 0x2
	FILE_SHARE_DELETE = 0x4
)

// What CreateFile does about a file that is, or is not, there.
const (
	CREATE_NEW        = 1 // make it; it must not be there
	CREATE_ALWAYS     = 2 // make it, or empty the one that is there
	OPEN_EXISTING     = 3 // it must be there
	OPEN_ALWAYS       = 4 // make it if it is not there
	TRUNCATE_EXISTING = 5 // empty it; it must be there
)

// Attributes and flags of CreateFile.
const (
	FILE_ATTRIBUTE_READONLY = 0x1
	FILE_ATTRIBUTE_NORMAL   = 0x80

	FILE_FLAG_WRITE_THROUGH    = 0x80000000 // writes end when the device has the data
	FILE_FLAG_OVERLAPPED       = 0x40000000 // operations need not wait (A17)
	FILE_FLAG_NO_BUFFERING     = 0x20000000 // past the cache; needs alignment
	FILE_FLAG_RANDOM_ACCESS    = 0x10000000 // advice for the cache
	FILE_FLAG_SEQUENTIAL_SCAN  = 0x08000000 // advice for the cache
	FILE_FLAG_DELETE_ON_CLOSE  = 0x04000000 // the file goes with its last handle
	FILE_FLAG_BACKUP_SEMANTICS = 0x02000000 // opens directories too (A20)
	FILE_FLAG_POSIX_SEMANTICS  = 0x01000000 // names differ in case
)

// Kinds of files, for GetFileType.
const (
	FILE_TYPE_UNKNOWN = 0x0
	FILE_TYPE_DISK    = 0x1
	FILE_TYPE_CHAR    = 0x2 // a console, the null device
	FILE_TYPE_PIPE    = 0x3 // a pipe or a socket
)

// Where SetFilePointerEx counts from.
const (
	FILE_BEGIN   = 0
	FILE_CURRENT = 1
	FILE_END     = 2
)

// Flags of LockFileEx.
const (
	LOCKFILE_FAIL_IMMEDIATELY = 0x1 // do not wait for the range to be free
	LOCKFILE_EXCLUSIVE_LOCK   = 0x2 // nobody else may have a lock
)

// Changes that ReadDirectoryChanges reports.
const (
	FILE_NOTIFY_CHANGE_FILE_NAME   = 0x1 // a file was made, renamed or deleted
	FILE_NOTIFY_CHANGE_DIR_NAME    = 0x2 // a directory was
	FILE_NOTIFY_CHANGE_ATTRIBUTES  = 0x4
	FILE_NOTIFY_CHANGE_SIZE        = 0x8
	FILE_NOTIFY_CHANGE_LAST_WRITE  = 0x10
	FILE_NOTIFY_CHANGE_LAST_ACCESS = 0x20
	FILE_NOTIFY_CHANGE_CREATION    = 0x40
	FILE_NOTIFY_CHANGE_SECURITY    = 0x100
)

// What happened to the file of a FILE_NOTIFY_INFORMATION.
const (
	FILE_ACTION_ADDED            = 1
	FILE_ACTION_REMOVED          = 2
	FILE_ACTION_MODIFIED         = 3
	FILE_ACTION_RENAMED_OLD_NAME = 4
	FILE_ACTION_RENAMED_NEW_NAME = 5
)

// FILE_NOTIFY_INFORMATION is the head of a record of ReadDirectoryChanges. FileNameLength bytes
// of UTF-16 follow it, the name in the directory, without a final zero (O15). The next record
// is NextEntryOffset bytes behind this one; the last has 0 there. Records begin at multiples of
// four bytes.
type FILE_NOTIFY_INFORMATION struct {
	NextEntryOffset uint32
	Action          uint32 // FILE_ACTION_...
	FileNameLength  uint32 // in bytes
}

// FSCTL_SET_SPARSE is the control code that lets a file have holes.
const FSCTL_SET_SPARSE = 0x900C4
