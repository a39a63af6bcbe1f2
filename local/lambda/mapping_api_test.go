package lambda

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// mapped is a service of the functions a, b and idle: a reads two queues and a stream, b one of the
// queues.
func mapped(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, setup{functions: []Function{{Name: "a"}, {Name: "b"}, {Name: "idle"}}})
	two := 2
	for _, m := range []QueueMapping{
		{Function: "a", QueueARN: queueARN, BatchSize: 20, BatchingWindow: 2 * time.Second, MaximumConcurrency: 3, ReportBatchItemFailures: true,
			Filters: []json.RawMessage{json.RawMessage(`{"body":{"n":[1]}}`)}},
		{Function: "a", QueueARN: queueARN + "-2"}, {Function: "b", QueueARN: queueARN},
	} {
		if err := b.MapQueue(m, newQueueSource(0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.MapStream(StreamMapping{Function: "a", StreamARN: "arn:stream", FromLatest: true, BisectOnError: true, MaximumRetryAttempts: &two,
		OnFailure: "arn:aws:sqs:us-east-1:000000000000:dead"}, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestService_ListEventSourceMappings(t *testing.T) {
	t.Parallel()
	c := client(mapped(t))
	const arn = "arn:aws:lambda:us-east-1:000000000000:function:"
	for _, tt := range []struct {
		function, source string
		want             int
	}{
		{"", "", 4}, {"a", "", 3}, {arn + "a", "", 3}, {"000000000000:function:a", "", 3}, {"a:$LATEST", "", 3}, {"b", "", 1}, {"idle", "", 0},
		{"", queueARN, 2}, {"a", queueARN, 1}, {"b", "arn:stream", 0}, {"", "arn:stream", 1}, {"", "arn:other", 0},
	} {
		in := &lambda.ListEventSourceMappingsInput{}
		if tt.function != "" {
			in.FunctionName = &tt.function
		}
		if tt.source != "" {
			in.EventSourceArn = &tt.source
		}
		out, err := c.ListEventSourceMappings(t.Context(), in)
		if err != nil || len(out.EventSourceMappings) != tt.want {
			t.Errorf("function %q, source %q: %d mappings, %v, want %d", tt.function, tt.source, len(out.EventSourceMappings), err, tt.want)
		}
	}
	_, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException")
}

// Ids stay over restarts, pages follow each other, and each mapping is found by its id.
func TestService_mappingIDs(t *testing.T) {
	t.Parallel()
	c, again := client(mapped(t)), client(mapped(t))
	whole, err := again.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range whole.EventSourceMappings {
		want = append(want, *m.UUID)
	}
	pages := lambda.NewListEventSourceMappingsPaginator(c, &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.EventSourceMappings {
			got = append(got, *m.UUID)
			one, err := c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: m.UUID})
			if err != nil || *one.EventSourceArn != *m.EventSourceArn || *one.FunctionArn != *m.FunctionArn {
				t.Errorf("mapping %s: %+v, %v", *m.UUID, one, err)
			}
		}
	}
	if slices.Sort(want); len(got) != 4 || !slices.Equal(got, want) || len(slices.Compact(want)) != 4 {
		t.Errorf("ids %q, want %q", got, want)
	}
	_, err = c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: aws.String("00000000-0000-0000-0000-000000000000")})
	wantError(t, err, "ResourceNotFoundException")
	_, err = c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(10_001)})
	wantError(t, err, "InvalidParameterValueException")
}

func TestService_describesMappings(t *testing.T) {
	t.Parallel()
	c := client(mapped(t))
	find := func(source string) types.EventSourceMappingConfiguration {
		t.Helper()
		out, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("a"), EventSourceArn: &source})
		if err != nil || len(out.EventSourceMappings) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		return out.EventSourceMappings[0]
	}
	q := find(queueARN)
	if *q.State != "Enabled" || *q.BatchSize != 20 || *q.MaximumBatchingWindowInSeconds != 2 || *q.ScalingConfig.MaximumConcurrency != 3 ||
		*q.FilterCriteria.Filters[0].Pattern != `{"body":{"n":[1]}}` || q.FunctionResponseTypes[0] != types.FunctionResponseTypeReportBatchItemFailures ||
		q.StartingPosition != "" || q.LastModified == nil {
		t.Errorf("queue: %+v", q)
	}
	if q := find(queueARN + "-2"); *q.BatchSize != 10 || q.ScalingConfig != nil || q.FilterCriteria != nil || q.FunctionResponseTypes != nil {
		t.Errorf("plain queue: %+v", q)
	}
	s := find("arn:stream")
	if s.StartingPosition != types.EventSourcePositionLatest || *s.BatchSize != 100 || *s.ParallelizationFactor != 1 || !*s.BisectBatchOnFunctionError ||
		*s.MaximumRetryAttempts != 2 || *s.MaximumRecordAgeInSeconds != -1 || *s.DestinationConfig.OnFailure.Destination != "arn:aws:sqs:us-east-1:000000000000:dead" {
		t.Errorf("stream: %+v", s)
	}
}

func TestService_ListFunctions_pages(t *testing.T) {
	t.Parallel()
	var functions []Function
	for i := range 55 {
		functions = append(functions, Function{Name: fmt.Sprintf("f%02d", i)})
	}
	c := client(newBench(t, setup{functions: functions}))
	var sizes []int
	pages := lambda.NewListFunctionsPaginator(c, &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Functions))
	}
	if !slices.Equal(sizes, []int{50, 5}) {
		t.Errorf("pages of %v", sizes)
	}
}
