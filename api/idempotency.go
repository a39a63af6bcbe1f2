package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// answersKept is how long an answer can be replayed.
const answersKept = 48 * time.Hour

// remembered is an answer as it is kept with its order.
type remembered struct {
	Request string      `json:"request"` // SHA-256 of the request's body
	Status  int         `json:"status"`
	Header  http.Header `json:"header"`
	Body    []byte      `json:"body"`
}

// idempotencyKey returns the key under which the answer is kept. It is a digest, because the header
// may hold any text and the table needs a short key. Two callers may use the same header for
// different orders. Returns IdempotencyKeyMissing or IdempotencyKeyInvalid.
func idempotencyKey(r *request) (string, error) {
	given := r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", refusef(codeIdempotencyKeyMissing, "the Idempotency-Key header is missing")
	}
	if len(given) > 1 || !validKey(given[0]) {
		return "", refusef(codeIdempotencyKeyInvalid,
			"the Idempotency-Key header must be given once, with 1 to 255 visible ASCII characters without commas")
	}
	sum := sha256.Sum256([]byte(r.route.operation + "\x00" + r.caller.Subject + "\x00" + given[0]))
	return hex.EncodeToString(sum[:]), nil
}

// validKey reports whether a key is allowed. A comma is not: API Gateway joins repeated headers
// with commas.
func validKey(key string) bool {
	for _, c := range []byte(key) {
		if c < '!' || c > '~' || c == ',' {
			return false
		}
	}
	return len(key) >= 1 && len(key) <= 255
}

func remember(a *reply, requestBody []byte) ([]byte, error) {
	record, err := json.Marshal(remembered{Request: fingerprint(requestBody), Status: a.status, Header: a.header,
		Body: a.body})
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return record, nil
}

// replay returns an earlier answer. Returns IdempotencyKeyReused if it was the answer to another
// body.
func replay(record, requestBody []byte) (*reply, error) {
	var a remembered
	if err := json.Unmarshal(record, &a); err != nil {
		return nil, fmt.Errorf("decode kept answer: %w", err)
	}
	if a.Request != fingerprint(requestBody) {
		return nil, refusef(codeIdempotencyKeyReused, "this Idempotency-Key was already used with another body")
	}
	a.Header.Set("Idempotent-Replayed", "true")
	return &reply{status: a.Status, header: a.Header, body: a.Body}, nil
}

func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
