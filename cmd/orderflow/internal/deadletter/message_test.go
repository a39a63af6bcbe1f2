package deadletter

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// received is a message as SQS returns it.
func received(attributes map[string]string) types.Message {
	return types.Message{
		MessageId: aws.String("m-1"), Body: aws.String("{}"), Attributes: attributes,
		MessageAttributes: map[string]types.MessageAttributeValue{"ERROR_CODE": {StringValue: aws.String("NO_PERMISSIONS")}, "RAW": {}},
	}
}

func TestNewMessage(t *testing.T) {
	t.Parallel()
	got, err := newMessage(received(map[string]string{
		"SentTimestamp": "1795348800123", "ApproximateReceiveCount": "3", "DeadLetterQueueSourceArn": "arn:start",
	}))
	if err != nil || got.ID != "m-1" || got.Body != "{}" || got.Source != "arn:start" || got.Received != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
	if !got.SentAt.Equal(time.UnixMilli(1795348800123)) || len(got.Attributes) != 1 ||
		got.Attributes["ERROR_CODE"] != "NO_PERMISSIONS" {
		t.Errorf("got %+v", got)
	}
}

func TestNewMessage_refuses(t *testing.T) {
	t.Parallel()
	for _, attributes := range []map[string]string{
		nil,
		{"SentTimestamp": "noon", "ApproximateReceiveCount": "1"},
		{"SentTimestamp": "1795348800123", "ApproximateReceiveCount": "often"},
	} {
		if got, err := newMessage(received(attributes)); err == nil {
			t.Errorf("%v: got %+v", attributes, got)
		}
	}
}

func TestMove_Err(t *testing.T) {
	t.Parallel()
	m := Move{Queue: "orderflow-start-dead-letters", Moved: 2}
	if err := m.Err(); err != nil {
		t.Error(err)
	}
	m.InFlight, m.visibility = 1, 30
	want := "redrive orderflow-start-dead-letters: 2 moved, 1 in flight: try again in 30 s"
	if err := m.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
