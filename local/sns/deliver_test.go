package sns

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func TestPublish_ReachesQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	sub := w.subscribe(topic, "sqs", queue, nil)
	w.run()
	id := w.publish(topic, "an <alert> & more", map[string]types.MessageAttributeValue{
		"kind": text("a"), "raw": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}}})
	c := w.next()
	if c.op != "sqs:SendMessage" || c.identity != ServiceIdentity || c.source != topic {
		t.Errorf("call %+v", c)
	}
	var in sendMessage
	if err := json.Unmarshal([]byte(c.input), &in); err != nil {
		t.Fatal(err)
	}
	want := `{"Type":"Notification","MessageId":"` + id + `","TopicArn":"` + topic +
		`","Subject":"S","Message":"an <alert> & more",` +
		`"Timestamp":"2026-11-22T12:00:00.000Z","SignatureVersion":"1","Signature":"","SigningCertURL":"",` +
		`"UnsubscribeURL":"http://sns.us-east-1.localhost/?Action=Unsubscribe&SubscriptionArn=` + sub + `",` +
		`"MessageAttributes":{"kind":{"Type":"String","Value":"a"},"raw":{"Type":"Binary","Value":"AQI="}}}`
	if in.MessageBody != want || !strings.HasSuffix(in.QueueURL, "/000000000000/alerts") {
		t.Errorf("queue %s got\n%s, want\n%s", in.QueueURL, in.MessageBody, want)
	}

	if _, err := w.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{
		SubscriptionArn: &sub, AttributeName: aws.String("RawMessageDelivery"),
		AttributeValue: aws.String("true")}); err != nil {
		t.Fatal(err)
	}
	w.publish(topic, "raw", map[string]types.MessageAttributeValue{"kind": text("a")})
	if c := w.next(); !strings.Contains(c.input,
		`"MessageBody":"raw","MessageAttributes":{"kind":{"DataType":"String","StringValue":"a"}}`) {
		t.Errorf("raw delivery %s", c.input)
	}
}

func TestPublish_ReachesFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "lambda", lambda, nil)
	w.run()
	message := `{"default":"D","lambda":"L"}`
	if _, err := w.Publish(t.Context(),
		&awssns.PublishInput{TopicArn: &topic, Message: &message, MessageStructure: aws.String("json")}); err != nil {
		t.Fatal(err)
	}
	var event struct {
		Records []struct {
			EventSource string
			Sns         map[string]any
		}
	}
	c := w.next()
	if err := json.Unmarshal([]byte(c.input), &event); err != nil {
		t.Fatal(err)
	}
	if c.op != lambda || event.Records[0].EventSource != "aws:sns" || event.Records[0].Sns["Message"] != "L" ||
		event.Records[0].Sns["Subject"] != nil {
		t.Errorf("function got %+v", c)
	}
}

func TestDeliver_RetriesAndDeadLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "sqs", queue,
		map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}`})
	down := true
	w.fail = func(c call) error {
		switch {
		case strings.Contains(c.input, "/dead"):
			return nil
		case down:
			return errors.New("down")
		}
		return awsapi.Errorf("QueueDoesNotExist", "gone")
	}
	w.run()
	w.publish(topic, "m", nil)
	for range 4 {
		w.next()
	}
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.crash()
	down = false
	w.run()
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	w.next()
	if c := w.next(); !strings.Contains(c.input, "/000000000000/dead") || !strings.Contains(c.input, `\"Message\":\"m\"`) {
		t.Errorf("dead letter %s", c.input)
	}
}
