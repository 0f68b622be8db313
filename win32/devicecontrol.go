// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

// controlled is a device with control codes. control starts op, as read and write do; access is
// the handle's.
type controlled interface {
	control(op *operation, access, code uint32, in, out []byte) error
}

// DeviceIoControl sends a control code to the device of a file, with in as its argument and room for
// the answer in out, whose length it stores in *returned. It ends as [ReadFile] says, with a
// packet for what succeeds (G16). ov is needed on an overlapped handle.
//
// Disk files know FSCTL_SET_SPARSE, which succeeds: files here may always have holes. Errors:
// ERROR_INVALID_FUNCTION for a code the device does not know; ERROR_ACCESS_DENIED for a handle
// without the rights the code asks for; ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER.
func DeviceIoControl(h HANDLE, code uint32, in, out []byte, returned *uint32, ov *OVERLAPPED) error {
	f, access, err := fileOf(h)
	if err != nil {
		return err
	}
	if needed := code >> 14 & 3; access&needed != needed { // its bits are FILE_READ_DATA and FILE_WRITE_DATA
		return ERROR_ACCESS_DENIED
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	blocking := op.blocking
	err = ERROR_INVALID_FUNCTION
	if d, ok := f.dev.(controlled); ok {
		err = d.control(op, access, code, in, out)
	}
	return op.started(blocking, err, returned)
}

func (d *diskState) control(op *operation, access, code uint32, in, out []byte) error {
	switch {
	case code != FSCTL_SET_SPARSE:
		return ERROR_INVALID_FUNCTION
	case access&(FILE_WRITE_DATA|FILE_WRITE_ATTRIBUTES) == 0:
		return ERROR_ACCESS_DENIED
	}
	return op.doneNow(STATUS_SUCCESS, 0)
}
