package awsapi

import (
	"bytes"
	"io"
	"net/http"

	"github.com/google/uuid"
)

// RequestID makes the id of a request. Nothing depends on it, so that simulations may use real
// randomness.
func RequestID() string { return uuid.NewString() }

// Transport is an http.RoundTripper that serves each request by a handler in this process: no
// socket, no copy through the kernel.
type Transport struct {
	Handler http.Handler
	// Identity is the caller of requests that are not signed. In one process a signature proves
	// nothing, and costs as much as a read.
	Identity Identity
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	r := req.WithContext(WithIdentity(req.Context(), t.Identity))
	r.RequestURI, r.Host = r.URL.RequestURI(), "" // the host names nothing that is there, see Endpoint
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &response{header: http.Header{}, status: http.StatusOK}
	t.Handler.ServeHTTP(w, r)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(p []byte) (int, error) { return w.body.Write(p) }
