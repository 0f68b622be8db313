// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// accessLog logs every request that next answers, when it is over, also when the client
// went away in the middle.
func accessLog(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		a := &answer{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			log.Info("request", "method", r.Method, "path", r.URL.Path, "status", a.status,
				"bytes", a.bytes, "duration", time.Since(begin).Round(time.Microsecond), "remote", r.RemoteAddr)
		}()
		next.ServeHTTP(a, r)
	})
}

// An answer is a response writer that remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64 // of the body
}

// WriteHeader notes the final status; a 1xx one announces that another will follow.
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// ReadFrom hands the file through to the response and so to the connection: a writer
// without it would make net/http copy the file through a buffer.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(a.ResponseWriter, src)
	a.bytes += n
	return n, err
}

// Unwrap lets [net/http.ResponseController] find the response itself.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
