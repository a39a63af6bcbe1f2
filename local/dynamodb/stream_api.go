package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// shardID is the one shard of every stream.
const shardID = "shardId-00000000000000000001-00000001"

type streamSummary struct{ StreamArn, TableName, StreamLabel string }

type listStreamsInput struct {
	TableName               parameter
	Limit                   *int
	ExclusiveStartStreamArn parameter
}

type listStreamsOutput struct {
	Streams                []streamSummary
	LastEvaluatedStreamArn string `json:",omitempty"`
}

// Bounds of the parameters of streams.
const (
	minStreamARN = 37
	minShardID   = 28
	maxShardID   = 65
	maxStreams   = 100
	maxRecords   = 1000
)

func (s *Service) listStreams(_ context.Context, in listStreamsInput) (*listStreamsOutput, error) {
	var v violations
	if in.TableName.given {
		v.table(in.TableName)
	}
	v.between(in.Limit, "limit", 1, maxStreams)
	v.length(in.ExclusiveStartStreamArn, "exclusiveStartStreamArn", minStreamARN, maxARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	all := s.allStreams(bareName(in.TableName.text))
	out := &listStreamsOutput{Streams: []streamSummary{}}
	limit := maxStreams
	if in.Limit != nil {
		limit = *in.Limit
	}
	for _, st := range all {
		if st.arn() <= in.ExclusiveStartStreamArn.text {
			continue
		}
		if len(out.Streams) == limit {
			out.LastEvaluatedStreamArn = out.Streams[limit-1].StreamArn
			break
		}
		out.Streams = append(out.Streams, streamSummary{st.arn(), st.Table, st.Label})
	}
	return out, nil
}

// allStreams are the streams of one table, or of all if it is empty, by ARN; those that have ended
// too.
func (s *Service) allStreams(table string) []*stream {
	var out []*stream
	for _, t := range s.all() {
		t.mu.RLock()
		if t.stream != nil {
			out = append(out, t.stream)
		}
		t.mu.RUnlock()
	}
	for _, e := range s.endedStreams() {
		out = append(out, e.stream)
	}
	out = slices.DeleteFunc(out, func(st *stream) bool { return table != "" && st.Table != table })
	slices.SortFunc(out, func(a, b *stream) int { return strings.Compare(a.arn(), b.arn()) })
	return slices.Compact(out) // a stream that ends meanwhile is found twice
}

// byARN returns the stream with an ARN, which may have ended.
func (s *Service) byARN(arn string) (st *stream, ended bool, err error) {
	name, label, ok := strings.Cut(bareName(arn), "/stream/")
	if !ok {
		return nil, false, errNotStream(arn)
	}
	if st, err := s.openedStream(name); err == nil && st.Label == label {
		return st, false, nil
	}
	s.endedMu.Lock()
	defer s.endedMu.Unlock()
	if e, ok := s.ended[streamARN(name, label)]; ok {
		return e.stream, true, nil
	}
	return nil, false, errNotStream(arn)
}

func errNotStream(arn string) error {
	return notFound("Requested resource not found: Stream: %s not found", arn)
}

// shardRange has an end if no more records come.
type shardRange struct {
	StartingSequenceNumber string
	EndingSequenceNumber   string `json:",omitempty"`
}

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

type describeStreamInput struct {
	StreamArn             parameter
	Limit                 *int
	ExclusiveStartShardId parameter
}

func (s *Service) describeStream(_ context.Context, in describeStreamInput) (*describeStreamOutput, error) {
	var v violations
	v.streamARN(in.StreamArn)
	v.between(in.Limit, "limit", 1, maxStreams)
	v.length(in.ExclusiveStartShardId, "exclusiveStartShardId", minShardID, maxShardID)
	if err := v.err(); err != nil {
		return nil, err
	}
	st, ended, err := s.byARN(in.StreamArn.text)
	if err != nil {
		return nil, err
	}
	created, err := time.Parse(labelFormat, st.Label)
	if err != nil {
		return nil, fmt.Errorf("describe stream of %s: %w", st.Table, err)
	}
	d := streamDescription{
		streamSummary: streamSummary{st.arn(), st.Table, st.Label}, StreamStatus: "ENABLED", StreamViewType: st.View,
		CreationRequestDateTime: epoch(created), KeySchema: st.KeySchema,
		Shards: []shard{{shardID, shardRange{StartingSequenceNumber: FormatSequence(1)}}},
	}
	if ended {
		d.StreamStatus = "DISABLED"
		d.Shards[0].SequenceNumberRange.EndingSequenceNumber = FormatSequence(max(st.head(), 1))
	}
	if in.ExclusiveStartShardId.text == shardID {
		d.Shards = []shard{}
	}
	return &describeStreamOutput{d}, nil
}

func (v *violations) streamARN(arn parameter) {
	v.require(arn.given, "streamArn")
	v.length(arn, "streamArn", minStreamARN, maxARN)
}
