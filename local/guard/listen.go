package guard

import (
	"fmt"
	"net"
)

// Listener is a TCP listener that knows who reaches it.
type Listener struct {
	net.Listener
	host string // that it was told, "" if none
}

// Listen listens at HOST:PORT. Without a host it listens on loopback: every interface must be asked for by its address, 0.0.0.0 or [::].
func Listen(address string) (*Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen at %q: %w", address, err)
	}
	if host == "" {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", address, err)
	}
	return &Listener{l, host}, nil
}

// Hosts are the names under which it is to be called beside loopback's: the one it was told.
func (l *Listener) Hosts() []string {
	if ip := net.ParseIP(l.host); l.host == "" || ip != nil && ip.IsUnspecified() {
		return nil
	}
	return []string{l.host}
}

// URL is where this machine reaches it.
func (l *Listener) URL() string {
	a := l.tcp()
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// Narrowed says that it listens for this machine alone although no host was named: an address like ":8080" means every interface elsewhere.
func (l *Listener) Narrowed() string {
	if l.host != "" {
		return ""
	}
	return fmt.Sprintf("no host was named: it listens at %s, for this machine alone; 0.0.0.0:%d is every network interface", l.tcp(), l.tcp().Port)
}

// Exposed says who else reaches it: "0.0.0.0:8080 (every network interface)". It is empty if only this machine does.
func (l *Listener) Exposed() string {
	switch a := l.tcp(); {
	case a.IP.IsLoopback():
		return ""
	case a.IP.IsUnspecified():
		return a.String() + " (every network interface)"
	default:
		return a.String()
	}
}

func (l *Listener) tcp() *net.TCPAddr { return l.Addr().(*net.TCPAddr) } // Listen makes no other
