package sns

import (
	"context"
	"errors"
	"regexp"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

type publishBatchIn struct {
	TopicARN string      `json:"TopicArn"`
	Entries  []publishIn `json:"PublishBatchRequestEntries"`
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (in *publishBatchIn) check() error {
	if len(in.Entries) == 0 {
		return awsapi.Errorf("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	}
	if len(in.Entries) > maxBatch {
		return awsapi.Errorf("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	}
	seen, size := map[string]bool{}, 0
	for _, e := range in.Entries {
		if !batchID.MatchString(e.ID) {
			return awsapi.Errorf("InvalidBatchEntryId",
				"The Id of a batch entry in a batch request doesn't abide by the specification.")
		}
		if seen[e.ID] {
			return awsapi.Errorf("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		seen[e.ID] = true
		size += e.size()
	}
	if size > maxMessageBytes {
		return awsapi.Errorf("BatchRequestTooLong",
			"The length of all the batch messages put together is more than the limit.")
	}
	return nil
}

func (s *Service) publishBatch(_ context.Context, in publishBatchIn) (any, error) {
	t, err := s.requested("TopicArn", in.TopicARN)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	good, failed := []any{}, []any{}
	var messages []*Message
	for _, e := range in.Entries {
		m, err := s.message(t, e)
		if err != nil {
			failed = append(failed, batchError(e.ID, err))
			continue
		}
		messages = append(messages, m)
		good = append(good, map[string]any{"Id": e.ID, "MessageId": m.ID})
	}
	if len(messages) > 0 {
		if err := s.accept(t, messages); err != nil {
			return nil, err
		}
	}
	return map[string]any{"Successful": good, "Failed": failed}, nil
}

func batchError(id string, err error) map[string]any {
	out := map[string]any{"Id": id, "Code": "InternalError", "Message": err.Error(), "SenderFault": false}
	if e, ok := errors.AsType[*awsapi.Error](err); ok {
		out["Code"], out["Message"], out["SenderFault"] = e.Type, e.Message, e.HTTPStatus() < 500
	}
	return out
}
