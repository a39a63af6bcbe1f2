package system

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/guard"
)

// front is what listens at the API's address. It is no http.ServeMux, which would redirect paths such as //orders: the API answers for those.
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

// publicHost is the host of the address at which the carrier reaches the API, if the user named one: a tunnel's, say.
func publicHost(o Options) []string {
	u, err := url.Parse(o.Parameters["PublicUrl"])
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// notices says what others than this machine reach, and where, and what they might have been expected to reach.
func notices(api, aws *guard.Listener) (out []string) {
	if at := api.Exposed(); at != "" {
		out = append(out, "warning: the API listens at "+at+": others than this machine reach it")
	}
	if at := aws.Exposed(); at != "" {
		out = append(out, "warning: the AWS endpoint listens at "+at+": whoever reaches it may do everything, it checks no signature")
	}
	for _, l := range []*guard.Listener{api, aws} {
		if why := l.Narrowed(); why != "" {
			out = append(out, "note: "+why)
		}
	}
	return out
}
