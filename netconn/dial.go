// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"iocp"
)

// Dial connects to address on network, which is "tcp", "tcp4" or "tcp6". It is DialContext
// without a limit but the system's.
func (n *Network) Dial(network, address string) (net.Conn, error) {
	return n.DialContext(context.Background(), network, address)
}

// DialContext connects to address, a host and port as [net.Dial] takes them, and blocks until
// the connection exists or ctx ends; afterwards ctx has no influence on it. The names are
// resolved with [net.DefaultResolver]; the addresses are tried in turn, each with its share
// of the time that ctx leaves, and the error is that of the first.
//
// The connection is a *[Conn]. Errors are *[net.OpError]; after Close or Shutdown of the
// network they wrap [net.ErrClosed].
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	addrs, err := resolve(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, err := n.dialInTurn(ctx, network, addrs)
	if err != nil {
		return nil, err // not a nil *Conn in a net.Conn
	}
	return c, nil
}

// dialInTurn dials one address after the other. The error is that of the first.
func (n *Network) dialInTurn(ctx context.Context, network string, addrs []netip.AddrPort) (*Conn, error) {
	var first error
	for i, addr := range addrs {
		c, err := n.dialShare(ctx, network, addr, len(addrs)-i)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// share is the part of the time left that one of the addresses gets which wait for their
// turn: an equal part, but enough to connect over a slow network.
func share(left time.Duration, waiting int) time.Duration {
	return max(left/time.Duration(waiting), 2*time.Second)
}

// dialShare dials one address, and leaves time for the rest of them.
func (n *Network) dialShare(ctx context.Context, network string, addr netip.AddrPort, waiting int) (*Conn, error) {
	if end, ok := ctx.Deadline(); ok && waiting > 1 {
		limited, cancel := context.WithTimeout(ctx, share(time.Until(end), waiting))
		defer cancel()
		ctx = limited
	}
	c, err := n.dialAddr(ctx, network, addr)
	if err != nil {
		to := net.TCPAddrFromAddrPort(addr)
		return nil, &net.OpError{Op: "dial", Net: network, Addr: to, Err: plain("connect", err)}
	}
	return c, nil
}

// selfConnectTries is how often dialAddr starts anew when it has reached itself. That
// happens on one machine: the system picks the very port that is dialled as the local one,
// and TCP's simultaneous open does the rest. Nobody wants that connection.
const selfConnectTries = 3

func (n *Network) dialAddr(ctx context.Context, network string, addr netip.AddrPort) (*Conn, error) {
	for range selfConnectTries {
		c, err := n.connect(ctx, network, addr)
		if err != nil || c.laddr.String() != c.raddr.String() {
			return c, err
		}
		c.shut()
	}
	return nil, syscall.EADDRNOTAVAIL
}

func (n *Network) connect(ctx context.Context, network string, addr netip.AddrPort) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := n.newConn(iocp.NewTCPConn(), network)
	if err != nil {
		return nil, err
	}
	if err := c.connect(ctx, addr); err != nil {
		c.shut()
		return nil, err
	}
	c.established()
	return c, nil
}

// connect is an operation of the writing half. The end of ctx is its deadline.
func (c *Conn) connect(ctx context.Context, addr netip.AddrPort) error {
	stop := context.AfterFunc(ctx, func() { c.wr.setDeadline(time.Unix(1, 0)) })
	_, err := c.wr.run(func() error { return c.tcp.Connect(&c.wr.op, addr, nil) })
	if !stop() {
		return ctx.Err()
	}
	return err
}

// known refuses every network that is not TCP.
func known(network string) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	return net.UnknownNetworkError(network)
}

// resolve returns the addresses to try, at least one.
func resolve(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	if err := known(network); err != nil {
		return nil, err
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	ips, err := resolveHost(ctx, network, host)
	if err != nil {
		return nil, err
	}
	addrs := make([]netip.AddrPort, 0, len(ips))
	for _, ip := range ips {
		if suits(network, ip) {
			addrs = append(addrs, netip.AddrPortFrom(local(network, ip), uint16(port)))
		}
	}
	if len(addrs) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return addrs, nil
}

// resolveHost looks host up; no host means this machine.
func resolveHost(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if host == "" {
		return []netip.Addr{local(network, netip.IPv4Unspecified())}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil, ctx.Err()
	}
	return ips, err
}

// suits reports whether ip can be reached over network. The unspecified addresses can: they
// mean this machine.
func suits(network string, ip netip.Addr) bool {
	switch network {
	case "tcp4":
		return ip.Is4()
	case "tcp6":
		return ip.Is6()
	}
	return true
}

// local replaces an unspecified address by that of this machine, as package net does.
func local(network string, ip netip.Addr) netip.Addr {
	switch {
	case !ip.IsUnspecified():
		return ip
	case network == "tcp6":
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
