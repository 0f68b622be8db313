// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package seccomprun lets a test run a program as a container with a strict seccomp profile
// would: with some system calls refused. The test starts its own binary again with the
// environment of Env, and that calls Obey before anything else.
package seccomprun
