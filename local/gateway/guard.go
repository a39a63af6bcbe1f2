package gateway

import "net/http"

// Refuse answers 403 with a problem, as the gateway's own refusals do.
func Refuse(w http.ResponseWriter, _ *http.Request, why error) {
	refuse(http.StatusForbidden, "Forbidden", "Forbidden", why.Error()).write(w)
}

// Allows reports whether pages of an origin may call the API.
func (c *CORS) Allows(origin string) bool {
	return c != nil && c.origin(&http.Request{Header: http.Header{"Origin": {origin}}}) != ""
}
