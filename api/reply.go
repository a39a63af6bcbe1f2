package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// write sends the reply, to HEAD without its body.
func (a *reply) write(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	if a.body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // a client that is gone needs no answer
	}
}

// jsonReply returns a reply with a value as JSON. Caches must not store it, unless kept allows it.
func jsonReply(status int, v any) (*reply, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	return &reply{status: status, header: header, body: body}, nil
}

// kept allows caches to keep the answer as cacheControl says, under the entity tag. A caller that
// already has it gets 304 (RFC 9110, section 13.1.2).
func (a *reply) kept(r *request, cacheControl, tag string) *reply {
	a.header.Set("Cache-Control", cacheControl)
	a.header.Set("ETag", tag)
	if !matches(r.Header.Values("If-None-Match"), tag, weak) {
		return a
	}
	a.header.Del("Content-Type")
	return &reply{status: http.StatusNotModified, header: a.header}
}

// comparison is how entity tags are compared (RFC 9110, section 8.8.3.2): If-None-Match compares
// weakly, If-Match strongly.
type comparison bool

const (
	weak   comparison = false
	strong comparison = true
)

// matches reports whether the headers list the tag.
func matches(headers []string, tag string, how comparison) bool {
	for candidate := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		candidate = strings.TrimSpace(candidate)
		if how == weak {
			candidate = strings.TrimPrefix(candidate, "W/")
		}
		if candidate == "*" || candidate == tag {
			return true
		}
	}
	return false
}

// tagOf returns the entity tag of content without a version.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
