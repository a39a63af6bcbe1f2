package httpapi

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// response collects the answer of a handler.
type response struct {
	header http.Header
	sent   http.Header // the header at the time the status was written
	status int
	body   bytes.Buffer
}

func newResponse() *response { return &response{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. The first status counts.
func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// event returns the answer in the gateway's format: several values of a header joined by commas,
// cookies separate, and a body that is not text in base64. The gateway sets Content-Length itself.
func (w *response) event() events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	e := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{},
		Cookies: w.sent.Values("Set-Cookie")}
	for name, values := range w.sent {
		if name != "Set-Cookie" && name != "Content-Length" {
			e.Headers[name] = strings.Join(values, ", ")
		}
	}
	body := w.body.Bytes()
	if utf8.Valid(body) && w.sent.Get("Content-Encoding") == "" {
		e.Body = string(body)
	} else {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}
