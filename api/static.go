package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"
	"net/http"
	"sync"
)

//go:embed openapi_gen.yaml.gz
var packedContract []byte

//go:embed docs_gen.html.gz
var packedDocs []byte

var contract, docsPage = unpacked(packedContract), unpacked(packedDocs)

// unpacked returns a function that unpacks the file on the first call.
func unpacked(packed []byte) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	})
}

func (s *server) health(*request) (*reply, error) {
	return jsonReply(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

func (s *server) openApi(r *request) (*reply, error) {
	document, err := contract()
	if err != nil {
		return nil, err
	}
	return static(r, "application/yaml", document), nil
}

func (s *server) docs(r *request) (*reply, error) {
	page, err := docsPage()
	if err != nil {
		return nil, err
	}
	a := static(r, "text/html; charset=utf-8", page)
	a.header.Set("Content-Security-Policy", docsPolicy(page))
	return a, nil
}

func static(r *request, contentType string, body []byte) *reply {
	a := &reply{status: http.StatusOK, header: http.Header{}, body: body}
	a.header.Set("Content-Type", contentType)
	return a.kept(r, "public, max-age=300", tagOf(body))
}

// docsPolicy returns a policy that allows the page its own style sheet and nothing else.
func docsPolicy(page []byte) string {
	_, rest, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}
