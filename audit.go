package orderflow

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
)

// Act is an entry of the audit log: a request of an operator that changes something. It is saved before
// the request is carried out, and again with its outcome.
type Act struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`     // "operator:ID"
	Operation string    `json:"operation"` // of the API's contract
	Path      string    `json:"path"`      // what it is about, such as "/ops/orders/ord_.../redrive"
	Reason    string    `json:"reason,omitempty"`
	Outcome   Code      `json:"outcome,omitempty"` // ActDone, or the code of the refusal; "" if the request did not end
}

// ActDone is the outcome of a request that was carried out.
const ActDone Code = "Done"

// ActsKept is how long the audit log keeps an act.
const ActsKept = 400 * 24 * time.Hour

// NewAct returns an act with an id such as "act_06cb4j3k7v1s0n9t8q2r5w4xyz", made as NewOrderID makes its
// ids.
func NewAct(now time.Time, random io.Reader) (*Act, error) {
	id, err := newID("act_", now, random)
	if err != nil {
		return nil, err
	}
	return &Act{ID: id, At: now}, nil
}

const monthLayout = "2006-01"

// Month returns the month of the act, such as "2026-11", in UTC.
func (a *Act) Month() string { return a.At.UTC().Format(monthLayout) }

// ActMonths returns the months in which acts may be that are older than the one with the id after,
// newest first; "" for after means all that are kept at now. Returns an error for what is no act's id.
func ActMonths(after string, now time.Time) ([]string, error) {
	oldest, at := now.Add(-ActsKept), now
	if after != "" {
		var err error
		if at, err = idTime(after, "act_"); err != nil {
			return nil, err
		}
	}
	var months []string
	for month := firstOfMonth(at); !month.Before(firstOfMonth(oldest)); month = month.AddDate(0, -1, 0) {
		months = append(months, month.Format(monthLayout))
	}
	return months, nil
}

func firstOfMonth(at time.Time) time.Time {
	year, month, _ := at.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// idTime returns the time in an id that newID made.
func idTime(id, prefix string) (time.Time, error) {
	text, ok := strings.CutPrefix(id, prefix)
	raw, err := crockford.DecodeString(text)
	if !ok || err != nil || len(raw) != 16 {
		return time.Time{}, fmt.Errorf("%q is not an id that begins with %s", id, prefix)
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw) >> 16)).UTC(), nil
}
