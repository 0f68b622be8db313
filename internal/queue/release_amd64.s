// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

#include "textflag.h"

// func release(v *atomic.Uint32, x uint32)
TEXT ·release(SB),NOSPLIT,$0-12
	MOVQ v+0(FP), AX
	MOVL x+8(FP), CX
	MOVL CX, (AX)
	RET
