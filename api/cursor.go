package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
)

// cursor marks where a page of a list begins. Callers see it as an opaque text:
// base64url("operation digest-of-filter id"). It needs no signature, because every page is
// authorised again.
type cursor struct {
	list string // the operation and its filter; the cursor is valid only for them
	id   *regexp.Regexp
}

func newCursor(r *request, id *schema, filter ...string) cursor {
	sum := sha256.Sum256([]byte(strings.Join(filter, "\x00")))
	return cursor{list: r.route.operation + " " + hex.EncodeToString(sum[:4]), id: id.pattern}
}

// encode returns the cursor of the page after the entry with the id, or "" if the id is "".
func (c cursor) encode(id string) string {
	if id == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(c.list + " " + id))
}

// decode returns the id that the page begins after. Returns InvalidParameter for a cursor that
// encode did not make for this list.
func (c cursor) decode(text string) (id string, err error) {
	if text == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	id, ok := strings.CutPrefix(string(raw), c.list+" ")
	if err != nil || !ok || !c.id.MatchString(id) {
		fault := Fault{Parameter: "cursor", Detail: "is not a cursor of this list"}
		return "", refuseFaults(codeInvalidParameter, []Fault{fault})
	}
	return id, nil
}

// page returns one page of a list as views, and the cursor of the next page. id is the schema of an
// entry's id. filter holds the values that the list depends on.
func page[T, V any](
	r *request, id *schema, list func(after string, limit int) ([]T, string, error), view func(T) V, filter ...string,
) ([]V, string, error) {
	c := newCursor(r, id, filter...)
	after, err := c.decode(r.values["cursor"])
	if err != nil {
		return nil, "", err
	}
	entries, next, err := list(after, r.limit())
	if err != nil {
		return nil, "", err
	}
	views := make([]V, len(entries))
	for i, e := range entries {
		views[i] = view(e)
	}
	return views, c.encode(next), nil
}

// How many pages of a list one request reads for entries that few match, and their size.
const (
	matchingPages = 20
	matchingPage  = 250
)

// matching lists the entries that match, from a list that cannot select them. A page may be short and
// still have a next one.
func matching[T any](
	list func(after string, limit int) ([]T, string, error), after string, limit int, match func(T) bool, id func(T) string,
) (found []T, next string, err error) {
	for range matchingPages {
		some, next, err := list(after, matchingPage)
		if err != nil {
			return nil, "", err
		}
		for i, entry := range some {
			if !match(entry) {
				continue
			}
			if found = append(found, entry); len(found) < limit {
				continue
			}
			if i < len(some)-1 {
				next = id(entry)
			}
			return found, next, nil
		}
		if after = next; next == "" {
			break
		}
	}
	return found, after, nil
}
