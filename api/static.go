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

//go:embed console_gen.html.gz
var packedConsole []byte

var contract, docsPage, consolePage = unpacked(packedContract), unpacked(packedDocs), unpacked(packedConsole)

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
	a.header.Set("Content-Security-Policy", pagePolicy(page, ""))
	return a, nil
}

func static(r *request, contentType string, body []byte) *reply {
	a := &reply{status: http.StatusOK, header: http.Header{}, body: body}
	a.header.Set("Content-Type", contentType)
	return a.kept(r, "public, max-age=300", tagOf(body))
}

// pagePolicy returns a policy that allows the page its own style sheets and scripts, and what more
// allows.
func pagePolicy(page []byte, more string) string {
	policy := "default-src 'none'; style-src" + sources(page, "style")
	if scripts := sources(page, "script"); scripts != "" {
		policy += "; script-src" + scripts
	}
	return policy + more + "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

// sources returns the hashes of the page's elements of a kind (Content Security Policy, section
// 2.3.1).
func sources(page []byte, element string) (hashes string) {
	for {
		_, rest, found := bytes.Cut(page, []byte("<"+element+">"))
		if !found {
			return hashes
		}
		content, after, _ := bytes.Cut(rest, []byte("</"+element+">"))
		sum := sha256.Sum256(content)
		hashes += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		page = after
	}
}
