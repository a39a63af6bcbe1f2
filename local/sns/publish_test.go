package sns

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// TestCrash_KeepsWhatWasPublished crashes while many goroutines publish: what was acknowledged is
// readable and is delivered.
func TestCrash_KeepsWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "email", "ops@example.com", nil)
	w.subscribe(topic, "lambda", lambda, nil)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { w.publish(topic, fmt.Sprint(i), nil) })
	}
	wg.Wait()
	w.crash()
	got, err := w.svc.Published("ops", 0, 100)
	if err != nil || len(got) != 20 || w.svc.out.Len() != 20 {
		t.Fatalf("%d messages, %d deliveries, %v", len(got), w.svc.out.Len(), err)
	}
	for i, m := range got {
		if m.Sequence != uint64(i+1) {
			t.Errorf("message %d has number %d", i, m.Sequence)
		}
	}
	for i := range 20 {
		w.publish(topic, fmt.Sprint("later ", i), nil)
	}
	got, err = w.svc.Published(topic, 0, 100)
	if err != nil || len(got) != 30 || got[0].Sequence != 11 || got[29].Body != "later 19" {
		t.Errorf("kept %d messages, %v", len(got), err)
	}
	if got, err = w.svc.Published(topic, 38, 1); err != nil || len(got) != 1 || got[0].Sequence != 39 {
		t.Errorf("after 38: %+v, %v", got, err)
	}
	if _, err := w.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: &topic}); err != nil {
		t.Fatal(err)
	}
	w.topic("ops")
	if got, err := w.svc.Published(topic, 0, 100); err != nil || len(got) != 0 {
		t.Errorf("a new topic has %d messages, %v", len(got), err)
	}
}

func TestPublished_WaitsForEarlierCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.topic("ops")
	tp, err := w.svc.topic("ops")
	if err != nil {
		t.Fatal(err)
	}
	done := tp.number([]*Message{{}}) // 1 is being committed
	w.publish(ARN("ops"), "second", nil)
	if got, err := w.svc.Published("ops", 0, 10); err != nil || len(got) != 0 {
		t.Errorf("read past an open commit: %+v, %v", got, err)
	}
	done()
	if got, err := w.svc.Published("ops", 0, 10); err != nil || len(got) != 1 || got[0].Sequence != 2 {
		t.Errorf("after the commit: %+v, %v", got, err)
	}
}

func TestPublishBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	out, err := w.PublishBatch(t.Context(),
		&awssns.PublishBatchInput{TopicArn: &topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
			{Id: aws.String("a"), Message: aws.String("A"),
				MessageAttributes: map[string]types.MessageAttributeValue{"k": text("v")}},
			{Id: aws.String("b"), Message: aws.String("")}, {Id: aws.String("c"), Message: aws.String("C")},
		}})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" ||
		*out.Failed[0].Code != "InvalidParameter" || !out.Failed[0].SenderFault {
		t.Errorf("batch %+v, %v", out, err)
	}
	got, err := w.svc.Published(topic, 0, 10)
	if err != nil || len(got) != 2 || got[0].Attributes["k"].StringValue != "v" || got[1].Body != "C" {
		t.Errorf("published %+v, %v", got, err)
	}
	same := types.PublishBatchRequestEntry{Id: aws.String("x"), Message: aws.String("x")}
	_, err = w.PublishBatch(t.Context(),
		&awssns.PublishBatchInput{TopicArn: &topic,
			PublishBatchRequestEntries: []types.PublishBatchRequestEntry{same, same}})
	wantCode(t, err, "BatchEntryIdsNotDistinct")
}
