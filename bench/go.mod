module iocp/bench

go 1.26.0

require (
	golang.org/x/sys v0.49.0
	iocp v0.0.0
)

replace iocp => ../
