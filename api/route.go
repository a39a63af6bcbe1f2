package api

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// route is an operation of the contract.
type route struct {
	method, path, operation string
	service                 string // the operation's tag
	serve                   func(*server, *request) (*reply, error)
	public                  bool     // needs no token; the handler checks any other credentials
	scopes                  []string // the token needs all of them
	group                   string   // the caller must be a member
	parameters              []parameter
	body                    *schema // nil if the operation takes no body
}

// parameter is a path or query parameter.
type parameter struct {
	name   string
	path   bool
	schema *schema
}

// methods are the operations of one path.
type methods map[string]*route

// router returns a handler that serves every path of the contract.
func (s *server) router(routes []route) http.Handler {
	byPath := map[string]methods{}
	for i, r := range routes {
		if byPath[r.path] == nil {
			byPath[r.path] = methods{}
		}
		byPath[r.path][r.method] = &routes[i]
	}
	unknown := s.replying(noResource)
	mux := http.NewServeMux()
	mux.Handle("/", unknown)
	for path, methods := range byPath {
		mux.Handle(path, s.replying(func(r *http.Request) (*reply, error) { return s.answer(methods, r) }))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean("/"+r.URL.Path) != r.URL.Path { // the mux would redirect
			unknown(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// allowed lists the methods for the Allow header.
func (m methods) allowed() string {
	list := []string{http.MethodOptions}
	for method := range m {
		list = append(list, method)
		if method == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
