package system

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/guard"
)

// front serves the API's address. It is not an http.ServeMux, which would redirect paths such as
// //orders: the API answers those.
type front struct {
	local, issuer, api http.Handler
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/_local/"):
		f.local.ServeHTTP(w, r)
	case path == issuer.ConfigurationPath || path == issuer.KeysPath || path == issuer.TokenPath:
		f.issuer.ServeHTTP(w, r)
	default:
		f.api.ServeHTTP(w, r)
	}
}

// publicHost returns the host at which the carrier reaches the API, if the user set one, such as
// that of a tunnel.
func publicHost(o Options) []string {
	u, err := url.Parse(o.Parameters["PublicUrl"])
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// notices returns what is worth knowing about the listeners: what other machines can reach, and
// what they cannot although it might be expected.
func notices(api, aws *guard.Listener) (out []string) {
	if at := api.Exposed(); at != "" {
		out = append(out, "warning: the API listens at "+at+": other machines can reach it")
	}
	if at := aws.Exposed(); at != "" {
		out = append(out, "warning: the AWS endpoint listens at "+at+
			": it checks no signature, so any machine that reaches it can call every operation")
	}
	for _, l := range []*guard.Listener{api, aws} {
		if why := l.Narrowed(); why != "" {
			out = append(out, "note: "+why)
		}
	}
	return out
}
