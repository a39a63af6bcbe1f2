package sdk_test

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const queueURL = "http://sqs.us-east-1.localhost/000000000000/work"

func sqsScript() []call {
	url := str(queueURL)
	attributes := map[string]types.MessageAttributeValue{
		"text": {DataType: str("String"), StringValue: str("ü")}, "bytes": {DataType: str("Binary"),
			BinaryValue: []byte{1, 2}}, "n": {DataType: str("Number.cents"), StringValue: str("12")},
	}
	receive := func(in sqs.ReceiveMessageInput) *sqs.ReceiveMessageInput { in.QueueUrl = url; return &in }
	return []call{
		do("create queue", queues, (*sqs.Client).CreateQueue, &sqs.CreateQueueInput{QueueName: str("work"),
			Attributes: map[string]string{"VisibilityTimeout": "60"}}),
		do("send", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("one"), MessageAttributes: attributes}),
		do("send with a system attribute", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("two"), MessageGroupId: str("g"),
			MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: str("String"), StringValue: str("Root=1")}}}),
		do("send later", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("later"), DelaySeconds: 900}),
		do("send too late", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("later"), DelaySeconds: 901}),
		do("send nothing", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("")}),
		do("send what no message may hold", queues, (*sqs.Client).SendMessage,
			&sqs.SendMessageInput{QueueUrl: url, MessageBody: str("\x00")}),
		do("no queue", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: str(queueURL + "-none"),
			MessageBody: str("x")}),
		do("reserved list", queues, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: url,
			MessageBody: str("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{"l": {DataType: str("String"),
				StringListValues: []string{"a"}}}}),
		do("send batch", queues, (*sqs.Client).SendMessageBatch, &sqs.SendMessageBatchInput{QueueUrl: url,
			Entries: []types.SendMessageBatchRequestEntry{
				{Id: str("a"), MessageBody: str("three"), MessageAttributes: attributes}, {Id: str("b"),
					MessageBody: str(""), DelaySeconds: 1}}}),
		do("send empty batch", queues, (*sqs.Client).SendMessageBatch, &sqs.SendMessageBatchInput{QueueUrl: url,
			Entries: []types.SendMessageBatchRequestEntry{}}),
		do("receive", queues, (*sqs.Client).ReceiveMessage,
			receive(sqs.ReceiveMessageInput{MaxNumberOfMessages: 2, MessageAttributeNames: []string{"All"},
				MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, VisibilityTimeout: 30})),
		do("receive without attributes", queues, (*sqs.Client).ReceiveMessage, receive(sqs.ReceiveMessageInput{})),
		do("receive nothing", queues, (*sqs.Client).ReceiveMessage, receive(sqs.ReceiveMessageInput{})),
		do("receive too many", queues, (*sqs.Client).ReceiveMessage,
			receive(sqs.ReceiveMessageInput{MaxNumberOfMessages: 11})),
		{"again at once, and all of it", again},
		do("no handle", queues, (*sqs.Client).DeleteMessage, &sqs.DeleteMessageInput{QueueUrl: url,
			ReceiptHandle: str("x")}),
	}
}

// again gives messages back by both ways, receives them, and deletes them by both ways.
func again(ctx context.Context, w *world) (any, error) {
	url := str(queueURL)
	if _, err := w.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url,
		MessageBody: str("again")}); err != nil {
		return nil, err
	}
	first, err := w.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 1})
	if err != nil {
		return nil, err
	}
	handle := first.Messages[0].ReceiptHandle
	if _, err := w.queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url,
		ReceiptHandle: handle}); err != nil {
		return nil, err
	}
	second, err := w.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 1})
	if err != nil {
		return nil, err
	}
	handle = second.Messages[0].ReceiptHandle
	visible, err := w.queues.ChangeMessageVisibilityBatch(ctx,
		&sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: str("a"), ReceiptHandle: handle, VisibilityTimeout: 5}, {Id: str("b"), ReceiptHandle: str("none")}}})
	if err != nil {
		return nil, err
	}
	deleted, err := w.queues.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url,
		Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: str("a"), ReceiptHandle: handle}, {Id: str("b"), ReceiptHandle: str("none")}}})
	if err != nil {
		return nil, err
	}
	gone, err := w.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
	return []any{first, second, visible, deleted, gone}, err
}

func sesScript() []call {
	content := func(s string) *sestypes.Content { return &sestypes.Content{Data: &s, Charset: str("UTF-8")} }
	send := func(change func(*sesv2.SendEmailInput)) *sesv2.SendEmailInput {
		in := &sesv2.SendEmailInput{
			FromEmailAddress: str("Ü <orders@shop.example>"), Destination: &sestypes.Destination{ToAddresses: []string{"ada@example.com"}},
			Content: &sestypes.EmailContent{Simple: &sestypes.Message{
				Subject: content("ü"), Body: &sestypes.Body{Text: content("text"), Html: content("<p>")},
				Headers: []sestypes.MessageHeader{{Name: str("A"), Value: str("b")}},
			}},
			EmailTags: []sestypes.MessageTag{{Name: str("orderId"), Value: str("ord_1")}}, ConfigurationSetName: str("set"),
		}
		if change != nil {
			change(in)
		}
		return in
	}
	return []call{
		do("send", mails, (*sesv2.Client).SendEmail, send(nil)),
		do("send text", mails, (*sesv2.Client).SendEmail, send(func(in *sesv2.SendEmailInput) {
			in.Content.Simple.Body.Html, in.EmailTags, in.ConfigurationSetName = nil, nil, nil
		})),
		do("no set", mails, (*sesv2.Client).SendEmail, send(func(in *sesv2.SendEmailInput) { in.ConfigurationSetName = str("none") })),
		do("no recipient", mails, (*sesv2.Client).SendEmail, send(func(in *sesv2.SendEmailInput) { in.Destination = nil })),
		do("no content", mails, (*sesv2.Client).SendEmail, send(func(in *sesv2.SendEmailInput) { in.Content = nil })),
		do("raw", mails, (*sesv2.Client).SendEmail, send(func(in *sesv2.SendEmailInput) {
			in.Content = &sestypes.EmailContent{Raw: &sestypes.RawMessage{Data: []byte("x")}}
		})),
	}
}

func snsScript() []call {
	arn := str("arn:aws:sns:us-east-1:000000000000:alerts")
	attributes := map[string]snstypes.MessageAttributeValue{"a": {DataType: str("String"), StringValue: str("x")},
		"b": {DataType: str("Binary"), BinaryValue: []byte{9}}}
	return []call{
		do("create topic", topics, (*sns.Client).CreateTopic, &sns.CreateTopicInput{Name: str("alerts")}),
		do("publish", topics, (*sns.Client).Publish, &sns.PublishInput{TopicArn: arn, Message: str("m"),
			Subject: str("s"), MessageAttributes: attributes}),
		do("publish to a target", topics, (*sns.Client).Publish, &sns.PublishInput{TargetArn: arn,
			Message: str(`{"default":"d","sqs":"q"}`), MessageStructure: str("json")}),
		do("publish nothing", topics, (*sns.Client).Publish, &sns.PublishInput{TopicArn: arn, Message: str("")}),
		do("no topic", topics, (*sns.Client).Publish, &sns.PublishInput{TopicArn: str(*arn + "-none"),
			Message: str("m")}),
		do("phone", topics, (*sns.Client).Publish, &sns.PublishInput{PhoneNumber: str("+491"), Message: str("m")}),
		do("publish batch", topics, (*sns.Client).PublishBatch, &sns.PublishBatchInput{TopicArn: arn,
			PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
				{Id: str("a"), Message: str("m"), MessageAttributes: attributes}, {Id: str("b"), Message: str("")}}}),
		do("publish empty batch", topics, (*sns.Client).PublishBatch, &sns.PublishBatchInput{TopicArn: arn,
			PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{}}),
	}
}

func eventsScript() []call {
	entry := func(detail string) eventtypes.PutEventsRequestEntry {
		return eventtypes.PutEventsRequestEntry{Source: str("shop"), DetailType: str("Order Placed"),
			Detail: &detail, EventBusName: str("shop"), Resources: []string{"r"},
			Time: aws.Time(time.Date(2048, 1, 1, 2, 3, 4, 567e6, time.FixedZone("", 45900)))}
	}
	put := func(entries ...eventtypes.PutEventsRequestEntry) *eventbridge.PutEventsInput {
		return &eventbridge.PutEventsInput{Entries: entries}
	}
	return []call{
		do("create bus", bus, (*eventbridge.Client).CreateEventBus,
			&eventbridge.CreateEventBusInput{Name: str("shop")}),
		do("put", bus, (*eventbridge.Client).PutEvents, put(entry(`{"a":"<ü>"}`), entry(`[]`), entry(`{}`))),
		do("put of an AWS service", bus, (*eventbridge.Client).PutEvents,
			put(eventtypes.PutEventsRequestEntry{Source: str("aws.x"), DetailType: str("x"), Detail: str("{}")})),
		do("put nothing", bus, (*eventbridge.Client).PutEvents, put([]eventtypes.PutEventsRequestEntry{}...)),
		do("put without members", bus, (*eventbridge.Client).PutEvents, put(eventtypes.PutEventsRequestEntry{})),
		do("put too much", bus, (*eventbridge.Client).PutEvents, put(entry(`{"a":"`+strings.Repeat("x", 1<<20)+`"}`))),
	}
}
