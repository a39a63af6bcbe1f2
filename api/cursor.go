package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
)

// cursor is where a page of a list begins. It is told to callers opaquely: base64url("operation digest-of-filter id"). It needs no
// signature: it says where to go on, and what may be seen is decided again for every page.
type cursor struct {
	list string // the operation and its filter, for which alone the cursor is good
	id   *regexp.Regexp
}

func newCursor(r *request, id *schema, filter ...string) cursor {
	sum := sha256.Sum256([]byte(strings.Join(filter, "\x00")))
	return cursor{list: r.route.operation + " " + hex.EncodeToString(sum[:4]), id: id.pattern}
}

// encode returns the cursor of the page after the entry with the id; "" stays "".
func (c cursor) encode(id string) string {
	if id == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(c.list + " " + id))
}

// decode returns the id that the page comes after. Returns InvalidParameter for a cursor that encode did not make for this list.
func (c cursor) decode(text string) (id string, err error) {
	if text == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	id, ok := strings.CutPrefix(string(raw), c.list+" ")
	if err != nil || !ok || !c.id.MatchString(id) {
		return "", refuseFaults(codeInvalidParameter, []Fault{{Parameter: "cursor", Detail: "is not a cursor of this list"}})
	}
	return id, nil
}
