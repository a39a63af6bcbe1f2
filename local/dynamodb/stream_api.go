package dynamodb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderflow/local/awsapi"
)

// shardID is the one shard of every stream.
const shardID = "shardId-00000000000000000001-00000001"

// iteratorLife is how long a shard iterator may be used.
const iteratorLife = 15 * time.Minute

type streamSummary struct{ StreamArn, TableName, StreamLabel string }

type listStreamsOutput struct{ Streams []streamSummary }

func (s *Service) listStreams(in *struct{ TableName string }) (*listStreamsOutput, error) {
	out := &listStreamsOutput{Streams: []streamSummary{}}
	for _, t := range s.all() {
		t.mu.RLock()
		if r := t.record.Stream; r != nil && (in.TableName == "" || bareName(in.TableName) == t.name()) {
			out.Streams = append(out.Streams, streamSummary{streamARN(t.name(), r.Label), t.name(), r.Label})
		}
		t.mu.RUnlock()
	}
	return out, nil
}

// byARN returns the stream with an ARN, if it is its table's current one.
func (s *Service) byARN(arn string) (*table, *stream, error) {
	name, label, ok := strings.Cut(bareName(arn), "/stream/")
	if ok {
		if t, st, err := s.openedStream(name); err == nil && st.label == label {
			return t, st, nil
		}
	}
	return nil, nil, notFound("Requested resource not found: Stream: %s not found", arn)
}

type shardRange struct{ StartingSequenceNumber string }

type shard struct {
	ShardId             string
	SequenceNumberRange shardRange
}

type streamDescription struct {
	streamSummary
	StreamStatus            string
	StreamViewType          string
	CreationRequestDateTime float64
	KeySchema               []KeySchemaElement
	Shards                  []shard
}

type describeStreamOutput struct{ StreamDescription streamDescription }

func (s *Service) describeStream(in *struct{ StreamArn string }) (*describeStreamOutput, error) {
	t, st, err := s.byARN(in.StreamArn)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	created, err := time.Parse(labelFormat, st.label)
	if err != nil {
		return nil, fmt.Errorf("describe stream of %s: %w", t.name(), err)
	}
	return &describeStreamOutput{streamDescription{
		streamSummary: streamSummary{in.StreamArn, t.name(), st.label}, StreamStatus: "ENABLED", StreamViewType: st.view,
		CreationRequestDateTime: epoch(created), KeySchema: t.record.Spec.KeySchema,
		Shards: []shard{{shardID, shardRange{FormatSequence(1)}}},
	}}, nil
}

type shardIteratorInput struct{ StreamArn, ShardId, ShardIteratorType, SequenceNumber string }

type shardIteratorOutput struct{ ShardIterator string }

func (s *Service) getShardIterator(in *shardIteratorInput) (*shardIteratorOutput, error) {
	_, st, err := s.byARN(in.StreamArn)
	if err != nil {
		return nil, err
	}
	if in.ShardId != shardID {
		return nil, notFound("Requested resource not found: Shard does not exist")
	}
	trimmed, visible := st.bounds()
	after := trimmed
	switch in.ShardIteratorType {
	case "TRIM_HORIZON":
	case "LATEST":
		after = visible
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		n, err := ParseSequence(in.SequenceNumber)
		if err != nil {
			return nil, err
		}
		if in.ShardIteratorType == "AT_SEQUENCE_NUMBER" && n > 0 {
			n--
		}
		if after = n; after < trimmed {
			return nil, trimmedError()
		}
	default:
		return nil, enumError(in.ShardIteratorType, "shardIteratorType", "[AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
	}
	return &shardIteratorOutput{s.iterator(in.StreamArn, after)}, nil
}

func trimmedError() error {
	return awsapi.Errorf("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
}

// iterator is a place in a stream and the second at which it was given out: "<stream ARN>|<sequence number>|<second>".
func (s *Service) iterator(arn string, after uint64) string {
	return fmt.Sprintf("%s|%d|%d", arn, after, s.clock.Now().Unix())
}

type getRecordsInput struct {
	ShardIterator string
	Limit         *int
}

type getRecordsOutput struct {
	Records           []*wireRecord
	NextShardIterator string
}

// wireRecord is a StreamRecord as GetRecords answers it: without the stream's ARN, and the identity with other names.
type wireRecord struct{ StreamRecord }

// MarshalJSON implements json.Marshaler.
func (r *wireRecord) MarshalJSON() ([]byte, error) {
	b := r.appendCommon(nil)
	if r.Expired {
		b = append(b, `,"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}`...)
	}
	return append(b, '}'), nil
}

// maxRecords is how many records GetRecords answers at once.
const maxRecords = 1000

func (s *Service) getRecords(in *getRecordsInput) (*getRecordsOutput, error) {
	parts := strings.Split(in.ShardIterator, "|")
	if len(parts) != 3 {
		return nil, validation("Invalid ShardIterator")
	}
	after, errAfter := strconv.ParseUint(parts[1], 10, 64)
	given, errGiven := strconv.ParseInt(parts[2], 10, 64)
	if errAfter != nil || errGiven != nil {
		return nil, validation("Invalid ShardIterator")
	}
	if s.clock.Now().Sub(time.Unix(given, 0)) > iteratorLife {
		return nil, awsapi.Errorf("ExpiredIteratorException", "Iterator expired. The iterator was created more than 15 minutes ago.")
	}
	t, st, err := s.byARN(parts[0])
	if err != nil {
		return nil, err
	}
	limit := maxRecords
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxRecords {
			return nil, validation("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d",
				limit, maxRecords)
		}
	}
	if trimmed, _ := st.bounds(); after < trimmed {
		return nil, trimmedError()
	}
	records, err := s.readStream(t, st, after, limit)
	if err != nil {
		return nil, err
	}
	out := &getRecordsOutput{Records: []*wireRecord{}}
	for _, r := range records {
		after = r.Sequence
		out.Records = append(out.Records, &wireRecord{r})
	}
	out.NextShardIterator = s.iterator(parts[0], after)
	return out, nil
}
