package cloud

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow"
)

// letter is a message as SQS returns it.
func letter(attributes map[string]string) types.Message {
	return types.Message{
		MessageId: aws.String("m-1"), Body: aws.String("{}"), Attributes: attributes,
		MessageAttributes: map[string]types.MessageAttributeValue{"ERROR_CODE": {StringValue: aws.String("NO_PERMISSIONS")}, "RAW": {}},
	}
}

func TestNewLetter(t *testing.T) {
	t.Parallel()
	got, err := newLetter(letter(map[string]string{
		"SentTimestamp": "1795348800123", "ApproximateReceiveCount": "3", "DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:1:x-start",
	}))
	if err != nil || got.ID != "m-1" || got.Body != "{}" || got.Source != "x-start" || got.Received != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
	if !got.SentAt.Equal(time.UnixMilli(1795348800123)) || len(got.Attributes) != 1 || got.Attributes["ERROR_CODE"] != "NO_PERMISSIONS" {
		t.Errorf("got %+v", got)
	}
	for _, attributes := range []map[string]string{
		nil, {"SentTimestamp": "noon", "ApproximateReceiveCount": "1"}, {"SentTimestamp": "1795348800123", "ApproximateReceiveCount": "often"},
	} {
		if got, err := newLetter(letter(attributes)); err == nil {
			t.Errorf("%v: got %+v", attributes, got)
		}
	}
}

func TestQueues_find(t *testing.T) {
	t.Parallel()
	q := &Queues{URLs: []string{"https://sqs/1/x-start", "https://sqs/1/x-start-dead-letters"}}
	for _, name := range []string{"start-dead-letters", "x-start-dead-letters"} {
		if url, err := q.find(name); err != nil || url != q.URLs[1] {
			t.Errorf("%s: %s, %v", name, url, err)
		}
	}
	for _, name := range []string{"start", "x-start", "letters", "dead-letters", ""} {
		if url, err := q.find(name); orderflow.CodeOf(err) != orderflow.CodeNotFound {
			t.Errorf("%s: %s, %v", name, url, err)
		}
	}
}

func TestMessageErrors(t *testing.T) {
	t.Parallel()
	kept := &MessageErrors{DB: localDB(t), Table: "message-errors", Now: func() time.Time { return noon }}
	if e, err := kept.LastError(t.Context(), "m-1"); e != nil || err != nil {
		t.Fatal(e, err)
	}
	for _, text := range []string{"first", strings.Repeat("x", 5000)} {
		if err := kept.KeepError(t.Context(), "m-1", errors.New(text)); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := kept.LastError(t.Context(), "m-1"); err != nil || e.Error != strings.Repeat("x", 1000) || !e.At.Equal(noon) || e.MessageID != "m-1" {
		t.Errorf("%+v, %v", e, err)
	}
}
