package api

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// answersKept is how long an answer can be replayed.
const answersKept = 48 * time.Hour

// remembered is an answer as it is kept with its order: JSON, compressed with DEFLATE (RFC 1951),
// because each kilobyte is paid for. Older answers are not compressed; their body is in Body.
type remembered struct {
	Request string      `json:"request"` // SHA-256 of the request's body
	Status  int         `json:"status"`
	Header  http.Header `json:"header"`
	Text    string      `json:"text,omitempty"` // the body
	Body    []byte      `json:"body,omitempty"`
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
		Text: string(a.body)})
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return compress(record)
}

// compressors holds idle writers: a new one takes half a megabyte.
var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is valid
	}
	return w
}}

// compressed is the first byte of a compressed record. JSON begins with a brace.
const compressed = 1

func compress(b []byte) ([]byte, error) {
	out := bytes.NewBuffer([]byte{compressed})
	w := compressors.Get().(*flate.Writer)
	defer compressors.Put(w)
	w.Reset(out)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("compress answer: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress answer: %w", err)
	}
	return out.Bytes(), nil
}

// expand returns the JSON of a record. An older one is JSON itself.
func expand(record []byte) ([]byte, error) {
	if len(record) > 0 && record[0] == '{' {
		return record, nil
	}
	if len(record) == 0 || record[0] != compressed {
		return nil, errors.New("expand kept answer: unknown format")
	}
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(record[1:])))
	if err != nil {
		return nil, fmt.Errorf("expand kept answer: %w", err)
	}
	return b, nil
}

// replay returns an earlier answer. Returns IdempotencyKeyReused if it was the answer to another
// body.
func replay(record, requestBody []byte) (*reply, error) {
	text, err := expand(record)
	if err != nil {
		return nil, err
	}
	var a remembered
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("decode kept answer: %w", err)
	}
	if a.Request != fingerprint(requestBody) {
		return nil, refusef(codeIdempotencyKeyReused, "this Idempotency-Key was already used with another body")
	}
	a.Header.Set("Idempotent-Replayed", "true")
	body := a.Body
	if a.Text != "" {
		body = []byte(a.Text)
	}
	return &reply{status: a.Status, header: a.Header, body: body}, nil
}

func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
