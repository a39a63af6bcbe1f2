// Package guard keeps web pages out of the servers of this machine. A loopback port is not private:
// every page that a browser on this machine shows can send requests to it.
//
// Without a preflight request a page can send a GET (for instance as an image's address), and a
// POST of text/plain or of a form, with its cookies and without headers of its own choice. Any
// other request, for instance one with an Authorization header, needs a preflight request, which is
// refused here too. The page cannot read the answers, but its requests take effect. Three headers
// show where a request comes from, and a page's script can forge none of them:
//
//   - Host. A name that its owner rebinds to 127.0.0.1 turns this server into the page's own
//     origin: the page may then read answers and set any header, and only the name in Host is
//     foreign. So only loopback's names and addresses and the configured hosts are served.
//   - Origin. Browsers send it with every POST and with every request whose answer a script may
//     read: "null" where the page hides its own.
//   - Sec-Fetch-Site. Browsers send it with every request to loopback, images and links included.
//     Older browsers give the same information in Referer.
//
// Programs (curl, the SDKs, the AWS command line) do not send the last two.
package guard

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Guard decides which requests are served. The zero Guard serves the programs of this machine, and
// pages of the server's own origin.
type Guard struct {
	Hosts   []string                 // names and addresses to serve in addition to loopback's, without a port
	Origins func(origin string) bool // the foreign origins whose pages may send requests; nil: none
	Pages   bool                     // the server has pages, which links on any site may open
}

// Handler serves the requests that Check accepts. refuse answers the others; its error is the
// reason.
func (g Guard) Handler(next http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.Check(r); err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Check returns the reason why a request is refused, or nil.
func (g Guard) Check(r *http.Request) error {
	if !g.serves(r) {
		return fmt.Errorf("this server is not called %q", r.Host)
	}
	switch origins := r.Header["Origin"]; {
	case len(origins) > 1:
		return errors.New("the request names more than one origin")
	case len(origins) == 1 && g.Origins != nil && g.Origins(origins[0]):
		return nil
	case len(origins) == 1 && !own(r, origins[0]):
		return fmt.Errorf("pages of the origin %q may not call this server", origins[0])
	}
	if g.Pages && followsLink(r) {
		return nil
	}
	return g.checkSource(r)
}

// checkSource judges a request without a foreign Origin by the other headers in which a browser
// identifies the page that sends it.
func (g Guard) checkSource(r *http.Request) error {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" { // none: the user typed the address
			return errors.New("pages of other origins may not call this server")
		}
	}
	for _, referer := range r.Header["Referer"] {
		page, err := url.Parse(referer)
		if err != nil {
			return fmt.Errorf("the page %q may not call this server", referer)
		}
		if origin := page.Scheme + "://" + page.Host; !own(r, origin) && (g.Origins == nil || !g.Origins(origin)) {
			return fmt.Errorf("the page %q may not call this server", referer)
		}
	}
	return nil
}

// followsLink reports whether the request opens one of the server's pages, from a link on any site.
func followsLink(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// own reports whether an origin is the server's, as the request calls it. The scheme https counts
// too: a proxy may stand in front.
func own(r *http.Request, origin string) bool {
	return strings.EqualFold(origin, "http://"+r.Host) || strings.EqualFold(origin, "https://"+r.Host)
}

// serves reports whether the request's Host is loopback, one of g.Hosts, or the address at which
// the request arrived: a name that is rebound does not look like an address.
func (g Guard) serves(r *http.Request) bool {
	host, ok := hostname(r.Host)
	if !ok {
		return false
	}
	if IsLoopback(host) || slices.ContainsFunc(g.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return true
	}
	// The SDKs of Step Functions put this before the endpoint's host.
	if rest, sdk := strings.CutPrefix(host, "sync-"); sdk && IsLoopback(rest) {
		return true
	}
	address, err := netip.ParseAddr(host)
	local, known := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return err == nil && known && !local.IP.IsUnspecified() && local.AddrPort().Addr().Unmap() == address.Unmap()
}

// hostname is the host of a Host header in lower case, without port, brackets and the root's dot.
func hostname(s string) (string, bool) {
	u, err := url.Parse("http://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" {
		return "", false
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), true
}

// IsLoopback reports whether a host, without a port, is this machine alone: an address of
// 127.0.0.0/8, ::1, localhost or a name below it, for which browsers and resolvers ask no name
// server (RFC 6761).
func IsLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback()
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
