package guard

import (
	"fmt"
	"net"
)

// Listener is a TCP listener that knows from where it can be reached. It accepts connections only
// through an Outlet.
type Listener struct {
	port net.Listener
	host string // the configured one, "" if none
}

// Outlet is what replies pass: store.Outlet delays them until the disk has what they report.
type Outlet interface {
	Listener(net.Listener) net.Listener
}

// Through returns the listener for a server.
func (l *Listener) Through(o Outlet) net.Listener { return o.Listener(l.port) }

// Close frees the port.
func (l *Listener) Close() error { return l.port.Close() }

// Listen listens at HOST:PORT. Without a host it listens on loopback; every interface needs an
// explicit address, 0.0.0.0 or [::].
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

// Hosts are the names to serve in addition to loopback's: the configured host.
func (l *Listener) Hosts() []string {
	if ip := net.ParseIP(l.host); l.host == "" || ip != nil && ip.IsUnspecified() {
		return nil
	}
	return []string{l.host}
}

// URL is the address for clients on this machine.
func (l *Listener) URL() string {
	a := l.tcp()
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// Narrowed explains that the listener serves this machine alone although no host was named:
// elsewhere an address like ":8080" means every interface.
func (l *Listener) Narrowed() string {
	if l.host != "" {
		return ""
	}
	return fmt.Sprintf("no host was named: it listens at %s, for this machine alone; 0.0.0.0:%d is every network "+
		"interface", l.tcp(), l.tcp().Port)
}

// Exposed describes who else can reach the listener: "0.0.0.0:8080 (every network interface)". It
// is empty if only this machine can.
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

func (l *Listener) tcp() *net.TCPAddr { return l.port.Addr().(*net.TCPAddr) } // Listen makes nothing else
