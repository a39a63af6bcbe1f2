package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/template"
)

// mapSources hands the template's event source mappings to Lambda.
func (s *Stack) mapSources() error {
	for _, m := range s.template.Mappings {
		if !m.Enabled {
			continue
		}
		if err := s.mayMap(m); err != nil {
			return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
		}
		var filters []json.RawMessage
		for _, f := range m.Filters {
			filters = append(filters, json.RawMessage(f))
		}
		var err error
		switch m.Kind {
		case "sqs":
			// The pollers of the earlier process are gone: the messages that they received need not
			// wait for their visibility timeout.
			if err := s.sqs.ReleaseInFlight(m.SourceARN); err != nil {
				return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
			}
			err = s.lambda.MapQueue(lambda.QueueMapping{
				Function: m.Function, QueueARN: m.SourceARN, BatchSize: m.BatchSize, BatchingWindow: m.Window,
				MaximumConcurrency: m.MaxConcurrency, ReportBatchItemFailures: m.PartialResponses, Filters: filters,
			}, queueSource{s})
		case "dynamodb":
			err = s.lambda.MapStream(lambda.StreamMapping{
				Function: m.Function, StreamARN: m.SourceARN, FromLatest: m.StartingPosition == "LATEST",
				BatchSize: m.BatchSize, BatchingWindow: m.Window, ParallelizationFactor: m.Parallelization,
				BisectOnError: m.Bisect, MaximumRetryAttempts: m.MaxRetries, MaximumRecordAge: m.MaxRecordAge,
				ReportBatchItemFailures: m.PartialResponses, Filters: filters, OnFailure: m.OnFailure,
			}, streamSource{s})
		}
		if err != nil {
			return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
		}
	}
	return nil
}

// mappingActions are the actions on the source that the role of a mapping's function must allow:
// CreateEventSourceMapping fails without them.
var mappingActions = map[string][]string{
	"sqs":      {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
	"dynamodb": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
}

func (s *Stack) mayMap(m template.EventSourceMapping) error {
	for _, f := range s.template.Functions {
		if f.Name != m.Function {
			continue
		}
		for _, action := range mappingActions[m.Kind] {
			if err := s.iam.Authorize(iam.Role(f.Role), awsapi.Grant{Action: action, Resource: m.SourceARN}); err != nil {
				return err
			}
		}
	}
	return nil
}

// queueSource is SQS as event source mappings see it. The function's role needs the permissions
// that Lambda documents.
type queueSource struct{ s *Stack }

// Receive implements lambda.SQSSource.
func (q queueSource) Receive(ctx context.Context, queueARN string, limit int,
	wait time.Duration) ([]lambda.SQSMessage, error) {
	if err := q.s.allow(ctx, "sqs:ReceiveMessage", queueARN); err != nil {
		return nil, err
	}
	messages, err := q.s.sqs.Poll(ctx, queueARN, limit, wait)
	out := make([]lambda.SQSMessage, len(messages))
	for i, m := range messages {
		out[i] = lambda.SQSMessage{MessageID: m.ID, ReceiptHandle: m.ReceiptHandle, Body: m.Body, MD5OfBody: m.MD5OfBody,
			Attributes: m.Attributes, MessageAttributes: attributes(m.MessageAttributes)}
	}
	return out, err
}

func attributes(in map[string]sqs.Attribute) map[string]lambda.SQSAttribute {
	out := make(map[string]lambda.SQSAttribute, len(in))
	for name, a := range in {
		b := lambda.SQSAttribute{DataType: a.DataType, BinaryValue: a.BinaryValue}
		if a.BinaryValue == nil {
			b.StringValue = &a.StringValue
		}
		out[name] = b
	}
	return out
}

// Delete implements lambda.SQSSource.
func (q queueSource) Delete(ctx context.Context, queueARN string, receiptHandles []string) error {
	if err := q.s.allow(ctx, "sqs:DeleteMessage", queueARN); err != nil {
		return err
	}
	return q.s.sqs.Delete(ctx, queueARN, receiptHandles...)
}

// Release implements lambda.SQSSource. Lambda itself returns the messages that the function has not
// begun: the role needs no permission for it.
func (q queueSource) Release(ctx context.Context, queueARN string, receiptHandles []string) error {
	return q.s.sqs.GiveBack(ctx, queueARN, receiptHandles...)
}

// Fail implements lambda.SQSSource. Lambda only records the failure: the role needs no permission
// for it.
func (q queueSource) Fail(ctx context.Context, queueARN string, receiptHandles []string) error {
	return q.s.sqs.Fail(ctx, queueARN, receiptHandles...)
}

// streamSource is a table's stream as event source mappings see it.
type streamSource struct{ s *Stack }

// tableOf is the table of a stream: "arn:aws:dynamodb:r:a:table/orders/stream/..." -> "orders".
func tableOf(streamARN string) string {
	_, rest, _ := strings.Cut(streamARN, ":table/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// ReadStream implements lambda.StreamSource.
func (d streamSource) ReadStream(ctx context.Context, streamARN string, after uint64,
	limit int) ([]lambda.StreamRecord, error) {
	if err := d.s.allow(ctx, "dynamodb:GetRecords", streamARN); err != nil {
		return nil, err
	}
	records, err := d.s.dynamodb.ReadStream(tableOf(streamARN), after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]lambda.StreamRecord, len(records))
	for i := range records {
		r := &records[i]
		out[i] = lambda.StreamRecord{Sequence: r.Sequence, Number: dynamodb.FormatSequence(r.Sequence), Created: r.Created,
			Key: attr.AppendJSON(nil, r.Keys), Body: r.AppendJSON(nil)}
	}
	return out, nil
}

// Latest implements lambda.StreamSource.
func (d streamSource) Latest(ctx context.Context, streamARN string) (uint64, error) {
	if err := d.s.allow(ctx, "dynamodb:GetShardIterator", streamARN); err != nil {
		return 0, err
	}
	return d.s.dynamodb.StreamHead(tableOf(streamARN))
}

// Notify implements lambda.StreamSource. A stream that does not exist never notifies: the mapping
// polls, and learns the reason.
func (d streamSource) Notify(streamARN string) <-chan struct{} {
	changed, err := d.s.dynamodb.StreamChanged(tableOf(streamARN))
	if err != nil {
		return nil
	}
	return changed
}
