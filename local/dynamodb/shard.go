package dynamodb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// iteratorLife is how long a shard iterator is valid.
const iteratorLife = 15 * time.Minute

type shardIteratorInput struct{ StreamArn, ShardId, ShardIteratorType, SequenceNumber parameter }

type shardIteratorOutput struct{ ShardIterator string }

func (in *shardIteratorInput) bounds() error {
	var v violations
	v.streamARN(in.StreamArn)
	v.require(in.ShardId.given, "shardId")
	v.length(in.ShardId, "shardId", minShardID, maxShardID)
	v.require(in.ShardIteratorType.given, "shardIteratorType")
	v.enum(in.ShardIteratorType, "shardIteratorType", iteratorTypes)
	v.length(in.SequenceNumber, "sequenceNumber", 21, 40)
	return v.err()
}

func (s *Service) getShardIterator(_ context.Context, in shardIteratorInput) (*shardIteratorOutput, error) {
	if err := in.bounds(); err != nil {
		return nil, err
	}
	st, _, err := s.byARN(in.StreamArn.text)
	if err != nil {
		return nil, err
	}
	if in.ShardId.text != shardID {
		return nil, notFound("Requested resource not found: Shard does not exist")
	}
	trimmed, visible := st.bounds()
	after := trimmed
	switch in.ShardIteratorType.text {
	case "LATEST":
		after = visible
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		n, err := ParseSequence(in.SequenceNumber.text)
		if err != nil {
			return nil, err
		}
		if in.ShardIteratorType.text == "AT_SEQUENCE_NUMBER" && n > 0 {
			n--
		}
		if after = n; after < trimmed {
			return nil, trimmedError()
		}
	}
	return &shardIteratorOutput{s.iterator(st.arn(), after)}, nil
}

func trimmedError() error {
	return awsapi.Errorf("TrimmedDataAccessException",
		"The operation attempted to read past the oldest stream record in a shard.")
}

// iterator is a place in a stream and the second at which it was given out: "<stream ARN>|<sequence
// number>|<second>".
func (s *Service) iterator(arn string, after uint64) string {
	return fmt.Sprintf("%s|%d|%d", arn, after, s.clock.Now().Unix())
}

type getRecordsInput struct {
	ShardIterator parameter
	Limit         *int
}

type getRecordsOutput struct {
	Records           []*wireRecord
	NextShardIterator string `json:",omitempty"` // missing when an ended stream has been read to its end
}

// wireRecord is a StreamRecord as GetRecords answers it: without the stream's ARN, and the identity
// with other names.
type wireRecord struct{ StreamRecord }

// MarshalJSON implements json.Marshaler.
func (r *wireRecord) MarshalJSON() ([]byte, error) {
	b := r.appendCommon(nil)
	if r.Expired {
		b = append(b, `,"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}`...)
	}
	return append(b, '}'), nil
}

func (s *Service) getRecords(_ context.Context, in getRecordsInput) (*getRecordsOutput, error) {
	var v violations
	v.require(in.ShardIterator.given, "shardIterator")
	v.between(in.Limit, "limit", 1, maxRecords)
	if err := v.err(); err != nil {
		return nil, err
	}
	arn, after, err := s.place(in.ShardIterator.text)
	if err != nil {
		return nil, err
	}
	st, ended, err := s.byARN(arn)
	if err != nil {
		return nil, err
	}
	if trimmed, _ := st.bounds(); after < trimmed {
		return nil, trimmedError()
	}
	limit := maxRecords
	if in.Limit != nil {
		limit = *in.Limit
	}
	records, err := s.readStream(st, after, limit)
	if err != nil {
		return nil, err
	}
	out := &getRecordsOutput{Records: []*wireRecord{}}
	for _, r := range records {
		after = r.Sequence
		out.Records = append(out.Records, &wireRecord{r})
	}
	if !ended || len(records) == limit {
		out.NextShardIterator = s.iterator(arn, after)
	}
	return out, nil
}

// place reads what iterator made.
func (s *Service) place(iterator string) (arn string, after uint64, err error) {
	parts := strings.Split(iterator, "|")
	if len(parts) != 3 {
		return "", 0, validation("Invalid ShardIterator")
	}
	after, errAfter := strconv.ParseUint(parts[1], 10, 64)
	given, errGiven := strconv.ParseInt(parts[2], 10, 64)
	if errAfter != nil || errGiven != nil {
		return "", 0, validation("Invalid ShardIterator")
	}
	if s.clock.Now().Sub(time.Unix(given, 0)) > iteratorLife {
		return "", 0,
			awsapi.Errorf("ExpiredIteratorException", "Iterator expired. The iterator was created more than 15 minutes ago.")
	}
	return parts[0], after, nil
}
