package api

import (
	"encoding/json"
	"time"
)

// momentLayout has always the same number of digits: a time that ends in zeros is not written shorter.
const momentLayout = "2006-01-02T15:04:05.000Z"

// moment is a time as answers give it: UTC, in milliseconds.
type moment struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (m moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(m.UTC().Format(momentLayout))
}
