// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

#include "textflag.h"

// func release(v *atomic.Uint32)
TEXT ·release(SB),NOSPLIT,$0-8
	MOVQ v+0(FP), AX
	MOVL $0, (AX)
	RET
