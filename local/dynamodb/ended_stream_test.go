package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// streamAnswer has the fields of the stream operations' answers that the tests read.
type streamAnswer struct {
	Streams []struct{ StreamArn, TableName string }

	StreamDescription struct {
		StreamStatus, StreamViewType string
		KeySchema                    []KeySchemaElement
		Shards                       []struct {
			ShardId             string
			SequenceNumberRange struct{ StartingSequenceNumber, EndingSequenceNumber string }
		}
	}
	LastEvaluatedStreamArn           string
	ShardIterator, NextShardIterator string
	Records                          []struct {
		EventName string `json:"eventName"`
		Dynamodb  struct{ SequenceNumber string }
	}
}

func (s *stack) streamCall(t *testing.T, op, input string, args ...any) streamAnswer {
	t.Helper()
	var a streamAnswer
	if err := json.Unmarshal([]byte(s.must(t, op, fmt.Sprintf(input, args...))), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// readEnded reads a stream that has ended from its beginning, two records at a time, until its
// shard is exhausted.
func (s *stack) readEnded(t *testing.T, arn string) (names []string) {
	t.Helper()
	next := s.streamCall(t, "GetShardIterator",
		`{"StreamArn":"%s","ShardId":"%s","ShardIteratorType":"TRIM_HORIZON"}`, arn, shardID).ShardIterator
	for next != "" {
		page := s.streamCall(t, "GetRecords", `{"ShardIterator":"%s","Limit":2}`, next)
		for _, r := range page.Records {
			names = append(names, r.EventName)
		}
		if len(names) > 10 {
			t.Fatalf("an ended stream goes on: %v", names)
		}
		next = page.NextShardIterator
	}
	return names
}

const (
	streamOff = `{"TableName":"accounts","StreamSpecification":{"StreamEnabled":false}}`
	streamOn  = `{"TableName":"accounts","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}}`
)

func TestEndedStream_StaysReadableForADay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, op, input string }{
		{"switched off", "UpdateTable", streamOff},
		{"table deleted", "DeleteTable", `{"TableName":"accounts"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.must(t, "CreateTable", accountsTable)
			arn := s.streamCall(t, "ListStreams", `{}`).Streams[0].StreamArn
			for i := range 3 {
				s.must(t, "PutItem", fmt.Sprintf(`{"TableName":"accounts","Item":{"id":{"S":"%d"}}}`, i))
			}
			s.must(t, tt.op, tt.input)
			again := openStack(t, s.store) // what has ended is known after a restart
			for _, s := range []*stack{s, again} {
				checkEnded(t, s, arn)
			}
			again.clock.Advance(retention - time.Minute)
			if err := again.Sweep(); err != nil {
				t.Fatal(err)
			}
			checkEnded(t, again, arn)
			again.clock.Advance(2 * time.Minute)
			if err := again.Sweep(); err != nil {
				t.Fatal(err)
			}
			if list := again.streamCall(t, "ListStreams", `{}`).Streams; len(list) != 0 {
				t.Errorf("after a day: %v", list)
			}
			if _, err := again.call(t, "DescribeStream", `{"StreamArn":"`+arn+`"}`); err == nil ||
				!strings.HasPrefix(err.Error(), "ResourceNotFoundException") {
				t.Errorf("after a day: %v", err)
			}
			for p, err := range again.store.Scan(streamsKey(0), streamsKey(1<<32)) {
				t.Errorf("left in the store: %q, %v", p.Key, err)
			}
		})
	}
}

func checkEnded(t *testing.T, s *stack, arn string) {
	t.Helper()
	if list := s.streamCall(t, "ListStreams", `{"TableName":"accounts"}`).Streams; len(list) != 1 ||
		list[0].StreamArn != arn {
		t.Errorf("ListStreams = %v", list)
	}
	d := s.streamCall(t, "DescribeStream", `{"StreamArn":"%s"}`, arn).StreamDescription
	if d.StreamStatus != "DISABLED" || d.StreamViewType != "NEW_AND_OLD_IMAGES" || len(d.KeySchema) != 1 ||
		len(d.Shards) != 1 ||
		d.Shards[0].SequenceNumberRange.EndingSequenceNumber != FormatSequence(3) {
		t.Errorf("DescribeStream = %+v", d)
	}
	if names := s.readEnded(t, arn); len(names) != 3 {
		t.Errorf("records = %v", names)
	}
}

func TestEndedStream_BesideItsSuccessor(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"}}}`)
	s.must(t, "UpdateTable", streamOff)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"b"}}}`) // in no stream
	s.must(t, "UpdateTable", streamOn)
	s.must(t, "DeleteItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}}}`)
	list := s.streamCall(t, "ListStreams", `{"TableName":"accounts"}`).Streams
	if len(list) != 2 || list[0].StreamArn == list[1].StreamArn {
		t.Fatalf("streams = %v", list)
	}
	if names := s.readEnded(t, list[0].StreamArn); len(names) != 1 || names[0] != "INSERT" {
		t.Errorf("the ended stream has %v", names)
	}
	iterator := s.streamCall(t, "GetShardIterator",
		`{"StreamArn":"%s","ShardId":"%s","ShardIteratorType":"TRIM_HORIZON"}`, list[1].StreamArn, shardID).ShardIterator
	page := s.streamCall(t, "GetRecords", `{"ShardIterator":"%s"}`, iterator)
	if len(page.Records) != 1 || page.Records[0].EventName != "REMOVE" || page.NextShardIterator == "" {
		t.Errorf("the new stream has %+v", page)
	}
	if d := s.streamCall(t, "DescribeStream", `{"StreamArn":"%s"}`,
		list[1].StreamArn).StreamDescription; d.StreamStatus != "ENABLED" || d.StreamViewType != "KEYS_ONLY" {
		t.Errorf("the new stream is %+v", d)
	}
	if _, err := s.call(t, "UpdateTable", streamOn); err == nil ||
		!strings.Contains(err.Error(), "Table already has an enabled stream: TableName: accounts") {
		t.Errorf("a second time on: %v", err)
	}
	s.must(t, "UpdateTable", streamOff)
	if _, err := s.call(t, "UpdateTable", streamOff); err == nil ||
		!strings.Contains(err.Error(), "Table has no stream to disable: TableName: accounts") {
		t.Errorf("a second time off: %v", err)
	}
}

func TestListStreams_Pages(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for _, name := range []string{"accounts", "bills", "carts"} {
		s.must(t, "CreateTable", strings.Replace(accountsTable, "accounts", name, 1))
	}
	var got []string
	for start := ""; ; {
		page := s.streamCall(t, "ListStreams", `{"Limit":2%s}`, start)
		for _, st := range page.Streams {
			got = append(got, st.TableName)
		}
		if page.LastEvaluatedStreamArn == "" {
			break
		}
		start = `,"ExclusiveStartStreamArn":"` + page.LastEvaluatedStreamArn + `"`
	}
	if strings.Join(got, " ") != "accounts bills carts" {
		t.Errorf("streams = %v", got)
	}
}
