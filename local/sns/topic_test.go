package sns

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
)

func TestTopicsAndSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	topic := w.topic("ops")
	if again := w.topic("ops"); again != topic || topic != "arn:aws:sns:us-east-1:000000000000:ops" {
		t.Errorf("topic %s, again %s", topic, again)
	}
	sub := w.subscribe(topic, "email", "ops@example.com", nil)
	if again := w.subscribe(topic, "email", "ops@example.com", nil); again != sub {
		t.Errorf("subscribed again as %s", again)
	}
	if _, err := w.SetTopicAttributes(ctx,
		&awssns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("DisplayName"),
			AttributeValue: aws.String("a < b")}); err != nil {
		t.Fatal(err)
	}
	w.crash()
	attrs, err := w.GetTopicAttributes(ctx, &awssns.GetTopicAttributesInput{TopicArn: &topic})
	if err != nil || attrs.Attributes["DisplayName"] != "a < b" || attrs.Attributes["SubscriptionsConfirmed"] != "1" {
		t.Errorf("attributes %+v, %v", attrs, err)
	}
	topics, err := w.ListTopics(ctx, &awssns.ListTopicsInput{})
	if err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != topic {
		t.Errorf("topics %+v, %v", topics, err)
	}
	subs, err := w.ListSubscriptionsByTopic(ctx, &awssns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	if err != nil || len(subs.Subscriptions) != 1 || *subs.Subscriptions[0].Endpoint != "ops@example.com" {
		t.Errorf("subscriptions %+v, %v", subs, err)
	}
	sa, err := w.GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &sub})
	if err != nil || sa.Attributes["RawMessageDelivery"] != "false" || sa.Attributes["TopicArn"] != topic {
		t.Errorf("subscription %+v, %v", sa, err)
	}
	for range 2 { // the second finds nothing, which is no error
		if _, err := w.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: &sub}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.ListSubscriptions(ctx, &awssns.ListSubscriptionsInput{})
	if err != nil || len(all.Subscriptions) != 0 {
		t.Errorf("subscriptions %+v, %v", all, err)
	}
}
