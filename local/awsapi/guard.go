package awsapi

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/orderflow-dev/orderflow/local/guard"
)

var errUnsignedAction = errors.New("an action of the query protocol is sent by POST, or with an Authorization header: a GET without one may be an image of a web page")

// Guarded answers requests that come over a network, loopback included. It refuses those of web
// pages, and those for names other than loopback's and hosts.
func (r *Router) Guarded(hosts ...string) http.Handler {
	return guard.Guard{Hosts: hosts}.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodPost && req.URL.Query().Has("Action") && !unlikePages(req) {
			r.refuse(w, req, errUnsignedAction)
			return
		}
		r.ServeHTTP(w, req)
	}), r.refuse)
}

// unlikePages reports whether a request has a header that no page can add to it without a preflight
// request.
func unlikePages(req *http.Request) bool {
	for name := range req.Header {
		if name == "Authorization" || strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "Amz-Sdk-") {
			return true
		}
	}
	return false
}

// refuse answers 403 in the protocol of the service that the request is for.
func (r *Router) refuse(w http.ResponseWriter, req *http.Request, why error) {
	e := &Error{Type: "AccessDeniedException", Message: why.Error(), Status: http.StatusForbidden}
	w.Header().Set(requestIDHeader, RequestID())
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		writeJSONError(w, unreadable(err))
		return
	}
	req.Form = queryForm(req, body)
	_, scope := credential(req)
	if _, protocol := r.protocolOf(req, scope); protocol != nil {
		protocol.Encode(w, req, req.Form.Get("Action"), nil, e)
		return
	}
	writeError(w, req, scope, e)
}
