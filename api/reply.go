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

// reply is what a request is answered.
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
		_, _ = w.Write(a.body) // a client that has gone needs no answer
	}
}

// jsonReply answers with a value as JSON. It may not be kept; kept says otherwise.
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

// kept lets the answer be kept as cacheControl says, under the entity tag; a caller that has it already gets 304 (RFC 9110, section 13.1.2).
func (a *reply) kept(r *request, cacheControl, tag string) *reply {
	a.header.Set("Cache-Control", cacheControl)
	a.header.Set("ETag", tag)
	if !matches(r.Header.Values("If-None-Match"), tag, weak) {
		return a
	}
	a.header.Del("Content-Type")
	return &reply{status: http.StatusNotModified, header: a.header}
}

// comparison of entity tags (RFC 9110, section 8.8.3.2): If-None-Match compares weakly, If-Match strongly.
type comparison bool

const (
	weak   comparison = false
	strong comparison = true
)

// matches reports whether one of the tags that the headers list is the given one.
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

// tagOf is the entity tag of content that has no version.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
