// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"net"
	"syscall"
	"time"
)

// defaultKeepAlive is what package net sets on every connection it dials or accepts.
var defaultKeepAlive = net.KeepAliveConfig{
	Enable:   true,
	Idle:     15 * time.Second,
	Interval: 15 * time.Second,
	Count:    9,
}

// setOption runs set unless the connection is closed, and shapes its error.
func (c *Conn) setOption(set func() error) error {
	err := net.ErrClosed
	if c.wr.ended() != net.ErrClosed {
		err = set()
	}
	return c.opError("set", "setsockopt", err)
}

// SetNoDelay says whether small writes are sent at once (true, the default) or gathered
// (Nagle's algorithm).
func (c *Conn) SetNoDelay(noDelay bool) error {
	return c.setOption(func() error { return c.tcp.SetNoDelay(noDelay) })
}

// SetKeepAlive says whether the system probes an idle peer (true, the default).
func (c *Conn) SetKeepAlive(keepAlive bool) error {
	return c.changeKeepAlive(func(k *net.KeepAliveConfig) { k.Enable = keepAlive })
}

// SetKeepAlivePeriod sets how long the connection is idle before the first probe, rounded up
// to seconds. Zero means the default of 15 seconds, a negative d changes nothing.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.changeKeepAlive(func(k *net.KeepAliveConfig) {
		k.Idle = override(k.Idle, d, defaultKeepAlive.Idle)
	})
}

// SetKeepAliveConfig sets all that [net.KeepAliveConfig] says: zero fields mean the
// defaults of package net (15 s, 15 s, 9), negative ones stay as they are.
func (c *Conn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.changeKeepAlive(func(k *net.KeepAliveConfig) {
		k.Enable = config.Enable
		k.Idle = override(k.Idle, config.Idle, defaultKeepAlive.Idle)
		k.Interval = override(k.Interval, config.Interval, defaultKeepAlive.Interval)
		k.Count = override(k.Count, config.Count, defaultKeepAlive.Count)
	})
}

// override follows the rules of net.KeepAliveConfig for one field.
func override[T int | time.Duration](now, wish, byDefault T) T {
	switch {
	case wish < 0:
		return now
	case wish == 0:
		return byDefault
	}
	return wish
}

// changeKeepAlive keeps the settings together, because package iocp takes them as one.
func (c *Conn) changeKeepAlive(change func(*net.KeepAliveConfig)) error {
	return c.setOption(func() error {
		c.wr.Lock()
		defer c.wr.Unlock()
		k := c.keepAlive
		change(&k)
		err := c.tcp.SetKeepAlive(k)
		if err == nil {
			c.keepAlive = k
		}
		return err
	})
}

// SetLinger says what Close does with bytes that are not yet sent: below 0 (the default)
// they are sent in the background, 0 discards them and resets the connection, above 0 the
// system tries for so many seconds.
func (c *Conn) SetLinger(sec int) error {
	return c.setOption(func() error { return c.tcp.SetLinger(sec) })
}

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *Conn) SetReadBuffer(bytes int) error {
	return c.setOption(func() error { return c.tcp.SetReadBuffer(bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *Conn) SetWriteBuffer(bytes int) error {
	return c.setOption(func() error { return c.tcp.SetWriteBuffer(bytes) })
}

// SyscallConn gives access to the descriptor, for options that have no method here. Reading
// and writing through it would mix with the operations of the port.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if c.wr.ended() == net.ErrClosed {
		return nil, c.opError("raw-control", "", net.ErrClosed)
	}
	raw, err := c.tcp.SyscallConn()
	return raw, c.opError("raw-control", "", err)
}
