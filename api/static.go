package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

//go:embed openapi.yaml
var contract []byte

//go:embed docs_gen.html
var docsPage []byte

func (s *server) health(*request) (*reply, error) {
	return jsonReply(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

func (s *server) openApi(r *request) (*reply, error) {
	return static(r, "application/yaml", contract), nil
}

func (s *server) docs(r *request) (*reply, error) {
	a := static(r, "text/html; charset=utf-8", docsPage)
	a.header.Set("Content-Security-Policy", docsPolicy())
	return a, nil
}

func static(r *request, contentType string, body []byte) *reply {
	a := &reply{status: http.StatusOK, header: http.Header{}, body: body}
	a.header.Set("Content-Type", contentType)
	return a.kept(r, "public, max-age=300", tagOf(body))
}

// docsPolicy allows the page its own style sheet and nothing else.
var docsPolicy = sync.OnceValue(func() string {
	_, rest, _ := strings.Cut(string(docsPage), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
})
