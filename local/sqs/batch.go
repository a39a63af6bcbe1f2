package sqs

import (
	"errors"
	"regexp"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// batchResult is the answer to a batch: its successes and failures by entry id.
type batchResult struct {
	Successful []any        `json:",omitempty"`
	Failed     []batchError `json:",omitempty"`
}

// batchError is BatchResultErrorEntry.
type batchError struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

func (r *batchResult) ok(id string) { r.Successful = append(r.Successful, map[string]string{"Id": id}) }

func (r *batchResult) fail(id string, err error) {
	f := batchError{ID: id, Code: "InternalError", Message: err.Error()}
	if e, ok := errors.AsType[*awsapi.Error](err); ok {
		f.Code, f.Message, f.SenderFault = e.Type, e.Message, e.HTTPStatus() < 500
	}
	r.Failed = append(r.Failed, f)
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch refuses a batch as a whole: no entries, too many, ids malformed or not distinct.
func checkBatch[E any](entries []E, kind string, id func(E) string) error {
	if len(entries) == 0 {
		return awsapi.Errorf("EmptyBatchRequest", "There should be at least one %s in the request.", kind)
	}
	if len(entries) > maxBatch {
		return awsapi.Errorf("TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if !batchID.MatchString(id(e)) {
			return awsapi.Errorf("InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "+
					"most 80 letters long.")
		}
		if seen[id(e)] {
			return awsapi.Errorf("BatchEntryIdsNotDistinct", "Id %s repeated.", id(e))
		}
		seen[id(e)] = true
	}
	return nil
}
