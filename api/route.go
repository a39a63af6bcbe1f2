package api

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// route is one operation of the contract.
type route struct {
	method, path, operation string
	serve                   func(*server, *request) (*reply, error)
	public                  bool     // needs no token; what else it needs it checks itself
	scopes                  []string // of which the token needs all
	group                   string   // of which the caller must be a member
	parameters              []parameter
	body                    *schema // nil if the operation takes none
}

// parameter is a path or query parameter.
type parameter struct {
	name   string
	path   bool
	schema *schema
}

// router finds routes by path, then by method.
type router struct {
	mux    *http.ServeMux
	byPath map[string]map[string]*route
}

func newRouter(routes []route) *router {
	rt := &router{mux: http.NewServeMux(), byPath: map[string]map[string]*route{}}
	for i, r := range routes {
		if rt.byPath[r.path] == nil {
			rt.byPath[r.path] = map[string]*route{}
			rt.mux.Handle(r.path, http.NotFoundHandler())
		}
		rt.byPath[r.path][r.method] = &routes[i]
	}
	return rt
}

// match returns the methods of the request's path, nil if there is no such path, and the pattern it matches.
func (rt *router) match(r *http.Request) (methods map[string]*route, pattern string) {
	if path.Clean(r.URL.Path) != r.URL.Path {
		return nil, "" // the mux would redirect
	}
	_, pattern = rt.mux.Handler(r)
	return rt.byPath[pattern], pattern
}

// pathValues returns the parameters in the path of a request that matches the pattern. They are split before they are unescaped, as the mux
// does it: an escaped slash belongs to a value.
func pathValues(pattern string, r *http.Request) map[string]string {
	values := map[string]string{}
	parts := strings.Split(r.URL.EscapedPath(), "/")
	for i, p := range strings.Split(pattern, "/") {
		if !strings.HasPrefix(p, "{") || i >= len(parts) {
			continue
		}
		if value, err := url.PathUnescape(parts[i]); err == nil { // one that cannot be unescaped is no value
			values[strings.Trim(p, "{}")] = value
		}
	}
	return values
}

// allowed lists the methods for the Allow header.
func allowed(methods map[string]*route) string {
	list := []string{http.MethodOptions}
	for m := range methods {
		list = append(list, m)
		if m == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
