package lambda

import (
	"bytes"
	"encoding/json"
)

// batchFailures reads the reply of a function that reports batch item failures. A null or empty
// reply, or one with a null or empty list, says that all succeeded; ok is false, and all failed,
// for a reply that is no such object and for an empty or null identifier. Identifiers that the
// batch does not have are the caller's to refuse.
func batchFailures(payload []byte) (identifiers []string, ok bool) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 {
		return nil, true
	}
	var reply *struct {
		Failures []struct {
			Identifier *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(payload, &reply); err != nil {
		return nil, false
	}
	if reply == nil {
		return nil, true
	}
	for _, f := range reply.Failures {
		if f.Identifier == nil || *f.Identifier == "" {
			return nil, false
		}
		identifiers = append(identifiers, *f.Identifier)
	}
	return identifiers, true
}
