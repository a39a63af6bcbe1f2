package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS configuration of an HTTP API. With it the gateway answers preflight requests itself and its
// headers replace a function's own.
type CORS struct {
	Origins     []string // "*", "https://shop.example" or "https://*"
	Methods     []string
	Headers     []string
	Expose      []string
	MaxAge      int // seconds
	Credentials bool
}

// preflight answers an OPTIONS request of a browser.
func (g *Gateway) preflight(r *http.Request) (answer, bool) {
	if g.cfg.CORS == nil || r.Method != http.MethodOptions || r.Header.Get("Origin") == "" ||
		r.Header.Get("Access-Control-Request-Method") == "" {
		return answer{}, false
	}
	a := answer{status: http.StatusNoContent, header: http.Header{}}
	c := g.cfg.CORS
	if c.origin(r) == "" {
		return a, true
	}
	list(a.header, "Access-Control-Allow-Methods", c.Methods)
	list(a.header, "Access-Control-Allow-Headers", c.Headers)
	if c.MaxAge > 0 {
		a.header.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	}
	return a, true
}

// cors adds the headers that every answer to an allowed origin carries.
func (g *Gateway) cors(r *http.Request, h http.Header) {
	c := g.cfg.CORS
	if c == nil {
		return
	}
	h.Del("Access-Control-Allow-Origin")
	origin := c.origin(r)
	if origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if origin != "*" {
		h.Add("Vary", "Origin")
	}
	if c.Credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	list(h, "Access-Control-Expose-Headers", c.Expose)
}

func list(h http.Header, name string, values []string) {
	if len(values) > 0 {
		h.Set(name, strings.Join(values, ","))
	}
}

// origin is the origin to allow; empty if the request's origin is not allowed.
func (c *CORS) origin(r *http.Request) string {
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return ""
	case slices.Contains(c.Origins, "*") && !c.Credentials:
		return "*"
	}
	for _, allowed := range c.Origins {
		if prefix, wild := strings.CutSuffix(allowed, "*"); wild && strings.HasPrefix(origin, prefix) ||
			strings.EqualFold(allowed, origin) {
			return origin
		}
	}
	return ""
}
