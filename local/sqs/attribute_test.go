package sqs

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func text(dataType, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &dataType, StringValue: &value}
}

func TestService_messageAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	for _, tt := range []struct {
		name  string
		value types.MessageAttributeValue
		want  string // empty: accepted
	}{
		{"trace.id", text("String.uuid", "v"), ""},
		{"price", text("Number.cents", "-12.50"), ""},
		{"blob", types.MessageAttributeValue{DataType: aws.String("Binary.gif"), BinaryValue: []byte{0}}, ""},
		{"price", text("Number", "twelve"),
			"InvalidParameterValue: Can't cast the value of message (user) attribute 'price' to a number."},
		{"price", text("Number.cents", "1,5"), "Can't cast the value"},
		{"price", text("Number", strings.Repeat("7", 39)), "Can't cast the value"},
		{"aws.trace", text("String", "v"), "InvalidParameterValue: The message (user) attribute name 'aws.trace' is invalid"},
		{"a..b", text("String", "v"), "InvalidParameterValue: The message (user) attribute name 'a..b' is invalid"},
		{strings.Repeat("n", 257), text("String", "v"), "InvalidParameterValue"},
		{"a", types.MessageAttributeValue{DataType: aws.String(""), StringValue: aws.String("v")},
			"must contain a non-empty message attribute type"},
		{"a", text("Boolean", "true"), "supported type prefixes"},
		{"a", text("String.", "v"), "supported type prefixes"},
		{"a", text("String", ""), "must contain a non-empty value of type 'String'"},
		{"a", text("Binary", "v"), "with type 'Binary' must use field 'Binary'"},
		{"a", types.MessageAttributeValue{DataType: aws.String("Number"), BinaryValue: []byte("1")},
			"with type 'Number' must use field 'String'"},
		{"a", types.MessageAttributeValue{DataType: aws.String("String"), StringListValues: []string{"v"}},
			"list values in SendMessage operation are not supported"},
		{"a", text("String", "v\x00"), "InvalidMessageContents"},
	} {
		_, err := w.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{tt.name: tt.value}})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s %q: %v, want %q", tt.name, aws.ToString(tt.value.DataType),
				aws.ToString(tt.value.StringValue), err, tt.want)
		}
	}
	w.wantCounts(url, "3/0/0")
}

func TestService_systemAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	send := func(group string, system map[string]types.MessageSystemAttributeValue) error {
		_, err := w.SendMessage(t.Context(),
			&awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"), MessageGroupId: &group,
				MessageSystemAttributes: system})
		return err
	}
	if err := send("tenant-7{}", nil); err != nil {
		t.Fatal(err)
	}
	w.svc.Close()
	w.crash() // the group survives
	m := w.want(url, "x")
	if m[0].Attributes["MessageGroupId"] != "tenant-7{}" {
		t.Errorf("attributes %v", m[0].Attributes)
	}
	wantCode(t, send("two words", nil), "InvalidParameterValue")
	wantCode(t, send(strings.Repeat("g", 129), nil), "InvalidParameterValue")
	wantCode(t, send("g", map[string]types.MessageSystemAttributeValue{"Other": {DataType: aws.String("String"),
		StringValue: aws.String("v")}}), "InvalidParameterValue")
	wantCode(t, send("g", map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String(
		"Number"), StringValue: aws.String("1")}}), "InvalidParameterValue")

	receive := func(in awssqs.ReceiveMessageInput) error {
		in.QueueUrl = &url
		_, err := w.ReceiveMessage(t.Context(), &in)
		return err
	}
	wantCode(t, receive(awssqs.ReceiveMessageInput{MessageSystemAttributeNames: []types.MessageSystemAttributeName{
		"SenderId", "Colour"}}), "InvalidAttributeName")
	wantCode(t, receive(awssqs.ReceiveMessageInput{MessageSystemAttributeNames: []types.MessageSystemAttributeName{
		"sentTimestamp"}}), "InvalidAttributeName")
	wantCode(t, receive(awssqs.ReceiveMessageInput{ReceiveRequestAttemptId: aws.String("a")}), "InvalidParameterValue")
	if err := receive(awssqs.ReceiveMessageInput{MessageSystemAttributeNames: []types.MessageSystemAttributeName{
		"SequenceNumber", "MessageGroupId"}}); err != nil {
		t.Error(err)
	}
}

// A message is hidden for 12 hours at most, counted from its receive.
func TestService_totalVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	w.send(url, "x")
	m := w.want(url, "x")[0]
	change := func(seconds int32) error {
		_, err := w.ChangeMessageVisibility(t.Context(),
			&awssqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle,
				VisibilityTimeout: seconds})
		return err
	}
	if err := change(43200); err != nil {
		t.Error(err)
	}
	w.clock.Advance(time.Second)
	err := change(43200)
	if wantCode(t, err, "InvalidParameterValue"); err == nil ||
		!strings.Contains(err.Error(), "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]") {
		t.Errorf("beyond the limit: %v", err)
	}
	if err := change(43199); err != nil {
		t.Error(err)
	}
	w.clock.Advance(11 * time.Hour)
	wantCode(t, change(3600), "InvalidParameterValue")
	if err := change(0); err != nil {
		t.Error(err)
	}
	m = w.want(url, "x")[0] // a new receive counts anew
	if err := change(43200); err != nil {
		t.Error(err)
	}
}

func TestService_tagLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	many := map[string]string{}
	for len(many) < 50 {
		many[strings.Repeat("k", len(many)+1)] = "v"
	}
	tag := func(tags map[string]string) error {
		_, err := w.TagQueue(t.Context(), &awssqs.TagQueueInput{QueueUrl: &url, Tags: tags})
		return err
	}
	if err := tag(many); err != nil {
		t.Error(err)
	}
	if err := tag(map[string]string{"k": ""}); err != nil { // it replaces one of the 50
		t.Error(err)
	}
	for _, tags := range []map[string]string{{"one more": "v"}, {"": "v"}, {"aws:x": "v"},
		{strings.Repeat("x", 129): "v"}, {"k": strings.Repeat("v", 257)}} {
		wantCode(t, tag(tags), "InvalidParameterValue")
	}
	wantCode(t, tag(map[string]string{}), "MissingParameter")
	many["one more"] = "v"
	_, err := w.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("p"), Tags: many})
	wantCode(t, err, "InvalidParameterValue")
	_, err = w.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("p")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
}

// A refused change has no effect. A record from a version with fewer checks opens, without the
// attributes that are refused now.
func TestService_refusedAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"VisibilityTimeout": "7"})
	for name, value := range map[string]string{
		"Policy": "{", "RedriveAllowPolicy": `{"redrivePermission":"some"}`, "RedrivePolicy": `{"maxReceiveCount":0}`,
		"SqsManagedSseEnabled":         "yes",
		"KmsDataKeyReusePeriodSeconds": "59", "DelaySeconds": "901",
	} {
		_, err := w.SetQueueAttributes(t.Context(),
			&awssqs.SetQueueAttributesInput{QueueUrl: &url,
				Attributes: map[string]string{name: value, "VisibilityTimeout": "9"}})
		wantCode(t, err, "InvalidAttributeValue")
	}
	_, err := w.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{
		"RedriveAllowPolicy":           `{"redrivePermission":"byQueue","sourceQueueArns":["` + ARN("p") + `"]}`,
		"KmsDataKeyReusePeriodSeconds": "60"}})
	if err != nil {
		t.Error(err)
	}
	a, err := w.svc.Attributes("q")
	if err != nil || a.VisibilityTimeout != 7*time.Second || a.Policy != "" {
		t.Errorf("attributes %+v, %v", a, err)
	}

	b := w.st.NewBatch()
	if err := putQueue(b, queueRecord{Name: "old", ID: 77, Attributes: map[string]string{"VisibilityTimeout": "11",
		"RedrivePolicy": "{", "Colour": "red", "DelaySeconds": "-1"}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	w.crash()
	if a, err = w.svc.Attributes("old"); err != nil || a.VisibilityTimeout != 11*time.Second || a.Delay != 0 ||
		a.DeadLetterARN != "" {
		t.Errorf("an old queue: %+v, %v", a, err)
	}
}
