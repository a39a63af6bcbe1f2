package cloud

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

func TestBus_Publish(t *testing.T) {
	t.Parallel()
	o := storetest.NewOrder(t, "ord_1", "a")
	if err := o.RequestCancel(by(0)); err != nil {
		t.Fatal(err)
	}
	events := []orderflow.EventDetail{o.Event(o.Timeline[0]), o.Event(o.Timeline[1])}
	f, cfg := newFake(t, map[string]string{"PutEvents": `{"FailedEntryCount":1,"Entries":[{"EventId":"1"},{"ErrorCode":"ThrottlingException","ErrorMessage":"later"}]}`})
	failed, err := (&Bus{Client: eventbridge.NewFromConfig(cfg), Name: "orderflow"}).Publish(t.Context(), events)
	if err != nil || !slices.Equal(failed, []int{1}) {
		t.Fatalf("failed %v, %v", failed, err)
	}
	entries := f.asked[0].in["Entries"].([]any)
	first, second := entries[0].(map[string]any), entries[1].(map[string]any)
	if first["Source"] != "orderflow" || first["DetailType"] != "Order Placed" ||
		second["DetailType"] != "Order Cancel Requested" || first["EventBusName"] != "orderflow" {
		t.Errorf("entries %v", entries)
	}
	var detail orderflow.EventDetail
	if err := json.Unmarshal([]byte(second["Detail"].(string)), &detail); err != nil || detail != events[1] {
		t.Errorf("detail %+v, %v", detail, err)
	}
	for _, personal := range []string{o.Email, o.ShippingAddress.Line1} {
		if strings.Contains(first["Detail"].(string), personal) {
			t.Errorf("the event contains %q", personal)
		}
	}
}

func TestBus_Publish_fails(t *testing.T) {
	t.Parallel()
	_, cfg := newFake(t, map[string]string{"PutEvents": "!ThrottlingException: later"})
	_, err := (&Bus{
		Client: eventbridge.NewFromConfig(cfg), Name: "b",
	}).Publish(t.Context(), make([]orderflow.EventDetail, 1))
	wantCode(t, err, orderflow.CodeThrottled)
}

func TestTopic(t *testing.T) {
	t.Parallel()
	var forms []url.Values
	cfg := configOf(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		forms = append(forms, r.PostForm)
		if _, err := w.Write([]byte(`<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)); err != nil {
			t.Error(err)
		}
	}))
	topic := &Topic{Client: sns.NewFromConfig(cfg), ARN: "arn:aws:sns:us-east-1:000000000000:n"}
	n := orderflow.Notification{
		DedupeID: "ord_1/shipped", OrderID: "ord_1", CustomerID: "cus_1", Kind: orderflow.NotifyShipped, Subject: "S",
		Text: "T",
	}
	wantCode(t, topic.Notify(t.Context(), n), "")
	a := orderflow.Alert{
		DedupeID: "d", OrderID: "ord_1",
		Attention: orderflow.Attention{Code: strings.Repeat("x", 200), Since: placedAt},
	}
	wantCode(t, topic.Alert(t.Context(), a), "")

	var gotN orderflow.Notification
	var gotA orderflow.Alert
	if err := json.Unmarshal([]byte(forms[0].Get("Message")), &gotN); err != nil || gotN != n {
		t.Errorf("notification %+v, %v", gotN, err)
	}
	if err := json.Unmarshal([]byte(forms[1].Get("Message")), &gotA); err != nil || gotA != a {
		t.Errorf("alert %+v, %v", gotA, err)
	}
	for i, kind := range []string{"shipped", "attention"} {
		if forms[i].Get("TopicArn") != topic.ARN || forms[i].Get("MessageAttributes.entry.1.Name") != "kind" ||
			forms[i].Get("MessageAttributes.entry.1.Value.StringValue") != kind {
			t.Errorf("published %v", forms[i])
		}
	}
	if subject := forms[1].Get("Subject"); len(subject) >= 100 {
		t.Errorf("a subject of %d characters", len(subject))
	}
}
