package api

import (
	"encoding/json"
	"time"
)

// momentLayout always has the same number of digits: trailing zeros are kept.
const momentLayout = "2006-01-02T15:04:05.000Z"

// moment is a time as it stands in answers: UTC, in milliseconds.
type moment struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (m moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(m.UTC().Format(momentLayout))
}

// optional returns nil for the zero time.
func optional(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return &moment{t}
}
