// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

#include "textflag.h"

// func Store(v *atomic.Uint32, x uint32)
TEXT ·Store(SB),NOSPLIT,$0-12
	MOVQ v+0(FP), AX
	MOVL x+8(FP), CX
	MOVL CX, (AX)
	RET
