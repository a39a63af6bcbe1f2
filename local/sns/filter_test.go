package sns

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/orderflow-dev/orderflow/local/store"
)

// values makes a list of n values.
func values(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%q", fmt.Sprint(i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestCompileFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ scope, policy, want string }{
		{"", `{"a":["x",{"prefix":"y"},{"anything-but":["z"]},{"exists":true},null,true],` +
			`"b":[{"numeric":[">=",-1000000000,"<",5]}]}`, ""},
		{"", `{"a":[{"suffix":"y"},{"equals-ignore-case":"z"},{"cidr":"10.0.0.0/24"}],"b":[1],"c":[1],"d":[1],"e":[1]}`, ""},
		{"", `{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}`, ""},
		{"", `{"a":` + values(150) + `}`, ""},
		{"", `{"a":` + values(15) + `,"b":` + values(10) + `}`, ""},
		{"", `{"a.b":["x"]}`, ""},
		{onBody, `{"a":{"b":["x",{"anything-but":{"prefix":"y"}}]}}`, ""},
		{onBody, `{"a":{"b":{"c":` + values(4) + `}},"d":{"e":` + values(3) + `},"f":["x","y"]}`, ""}, // 4*3 * 3*2 * 2 = 144

		{"", `{"a":{"b":["x"]}}`, "does not support nested filter policy"},
		{onAttributes, `{"$or":[{"a":{"b":["x"]}},{"c":["y"]}]}`, "does not support nested filter policy"},
		{"", `{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}`, "too complex"},
		{onBody, `{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}`, "too complex"},
		{"", `{"a":` + values(151) + `}`, "too complex"},
		{"", `{"a":` + values(16) + `,"b":` + values(10) + `}`, "too complex"},
		{onBody, `{"a":{"b":` + values(76) + `}}`, "too complex"},
		{"", `{"a":[{"wildcard":"x*"}]}`, "Unrecognized match type wildcard"},
		{onBody, `{"a":[{"anything-but":{"wildcard":"x*"}}]}`, "Unrecognized match type wildcard"},
		{"", `{"a":[{"matches":"x"}]}`, "Unrecognized match type matches"},
		{"", `{"a":[{"numeric":[">",5,"<",1]}]}`, "Bottom must be less than top"},
		{"", `{"a":[{"numeric":["=",1000000001]}]}`, "must be between"},
		{"", `{"a":[-2e9]}`, "must be between"},
		{"", `{"a":"x"}`, "must be an object or an array"},
		{"", `{"a":[]}`, "Empty arrays"},
		{"", `["a"]`, "not an object"},
		{"", `{"a":["x"]`, "failed to parse JSON"},
		{"", `{"a":["` + strings.Repeat("x", 256<<10) + `"]}`, "too large"},
	} {
		_, err := compileFilter(tt.policy, tt.scope)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.80s on %q: %v, want %q", tt.policy, tt.scope, err, tt.want)
		}
	}
}

// A subscription whose new attributes are refused stays as it was.
func TestService_refusedSubscriptionAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic, err := w.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("ops")})
	if err != nil {
		t.Fatal(err)
	}
	subscribe := func(attrs map[string]string) (*awssns.SubscribeOutput, error) {
		return w.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"),
			Endpoint: aws.String(queue), Attributes: attrs})
	}
	_, err = subscribe(map[string]string{"FilterPolicy": `{"a":{"b":["x"]}}`})
	wantCode(t, err, "InvalidParameter")
	list, err := w.ListSubscriptions(t.Context(), &awssns.ListSubscriptionsInput{})
	if err != nil || len(list.Subscriptions) != 0 {
		t.Errorf("subscriptions %+v, %v", list, err)
	}
	sub, err := subscribe(map[string]string{"FilterPolicy": `{"a":{"b":["x"]}}`, "FilterPolicyScope": "MessageBody"})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"FilterPolicyScope": "MessageAttributes",
		"FilterPolicy": `{"a":[{"wildcard":"*"}]}`, "RawMessageDelivery": "yes",
		"RedrivePolicy": "{", "DeliveryPolicy": "{", "Colour": "red"} {
		_, err := w.SetSubscriptionAttributes(t.Context(),
			&awssns.SetSubscriptionAttributesInput{SubscriptionArn: sub.SubscriptionArn, AttributeName: &name,
				AttributeValue: &value})
		wantCode(t, err, "InvalidParameter")
	}
	got, err := w.GetSubscriptionAttributes(t.Context(),
		&awssns.GetSubscriptionAttributesInput{SubscriptionArn: sub.SubscriptionArn})
	if err != nil || got.Attributes["FilterPolicy"] != `{"a":{"b":["x"]}}` ||
		got.Attributes["FilterPolicyScope"] != "MessageBody" || got.Attributes["RedrivePolicy"] != "" {
		t.Errorf("attributes %+v, %v", got, err)
	}
}

func TestService_refusedTopicAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic, err := w.CreateTopic(t.Context(),
		&awssns.CreateTopicInput{Name: aws.String("ops"), Attributes: map[string]string{"DisplayName": "Ops"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Policy": "[]", "DeliveryPolicy": "{",
		"DisplayName": strings.Repeat("x", 101), "TracingConfig": "On", "SignatureVersion": "3", "Colour": "red"} {
		_, err := w.SetTopicAttributes(t.Context(),
			&awssns.SetTopicAttributesInput{TopicArn: topic.TopicArn, AttributeName: &name, AttributeValue: &value})
		wantCode(t, err, "InvalidParameter")
		_, err = w.CreateTopic(t.Context(),
			&awssns.CreateTopicInput{Name: aws.String("other"), Attributes: map[string]string{name: value}})
		wantCode(t, err, "InvalidParameter")
	}
	got, err := w.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: topic.TopicArn})
	if err != nil || got.Attributes["DisplayName"] != "Ops" || got.Attributes["Policy"] != "" {
		t.Errorf("attributes %+v, %v", got, err)
	}
	list, err := w.ListTopics(t.Context(), &awssns.ListTopicsInput{})
	if err != nil || len(list.Topics) != 1 {
		t.Errorf("topics %+v, %v", list, err)
	}
}

// A subscription that cannot be read accepts nothing. Neither it nor one without a topic prevents a
// start.
func TestNew_unreadableSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic, err := w.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("ops")})
	if err != nil {
		t.Fatal(err)
	}
	b := w.st.NewBatch()
	for _, rec := range []subscriptionRecord{
		{ARN: ARN("ops") + ":old", TopicARN: ARN("ops"), Protocol: "sqs", Endpoint: queue,
			Attributes: map[string]string{"FilterPolicy": `{"a":[{"wildcard":"x*"}]}`}},
		{ARN: ARN("gone") + ":old", TopicARN: ARN("gone"), Protocol: "sqs", Endpoint: queue},
	} {
		if err := b.SetJSON(store.NewKey("sns", "subscription", rec.ARN), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	w.crash()
	_, err = w.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("x"),
		MessageAttributes: map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String"),
			StringValue: aws.String("xy")}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := w.svc.out.Len(); n != 0 {
		t.Errorf("%d deliveries", n)
	}
	_, err = w.SetSubscriptionAttributes(t.Context(),
		&awssns.SetSubscriptionAttributesInput{SubscriptionArn: aws.String(ARN("ops") + ":old"),
			AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String(`{"a":[{"prefix":"x"}]}`)})
	if err != nil {
		t.Errorf("repair: %v", err)
	}
}

func TestService_publishAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic, err := w.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("ops")})
	if err != nil {
		t.Fatal(err)
	}
	publish := func(name, dataType, value string) error {
		_, err := w.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{name: {DataType: &dataType, StringValue: &value}}})
		return err
	}
	for _, a := range [][3]string{{"a", "Number", "-1.5e3"}, {"a", "String.Array", `["x"]`},
		{"AWS.SNS.SMS.SenderID", "String", "shop"}} {
		if err := publish(a[0], a[1], a[2]); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
	for _, a := range [][4]string{
		{"a", "Number", "many", "Could not cast message attribute 'a' value to number."},
		{"a", "Number.int", "0x1", "Could not cast"},
		{"a", "Text", "x", "supported type prefixes"}, {"a", "String", "", "must contain non-empty"},
		{"Amazon.a", "String", "x", "name 'Amazon.a' is invalid"},
		{".a", "String", "x", "name '.a' is invalid"},
	} {
		err := publish(a[0], a[1], a[2])
		if wantCode(t, err, "InvalidParameterValue"); err == nil || !strings.Contains(err.Error(), a[3]) {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestService_publishBatchChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic, err := w.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("ops")})
	if err != nil {
		t.Fatal(err)
	}
	entry := func(id string, size int) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: aws.String(strings.Repeat("x", size))}
	}
	publish := func(entries ...types.PublishBatchRequestEntry) error {
		_, err := w.PublishBatch(t.Context(),
			&awssns.PublishBatchInput{TopicArn: topic.TopicArn, PublishBatchRequestEntries: entries})
		return err
	}
	var eleven []types.PublishBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i), 1))
	}
	heavy := entry("b", 200<<10)
	heavy.MessageAttributes = map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String"),
		StringValue: aws.String(strings.Repeat("y", 60<<10))}}
	wantCode(t, publish([]types.PublishBatchRequestEntry{}...), "EmptyBatchRequest")
	wantCode(t, publish(eleven...), "TooManyEntriesInBatchRequest")
	wantCode(t, publish(entry("a", 1), entry("a", 1)), "BatchEntryIdsNotDistinct")
	wantCode(t, publish(entry("a b", 1)), "InvalidBatchEntryId")
	wantCode(t, publish(entry("a", 128<<10), entry("b", 128<<10+1)), "BatchRequestTooLong")
	wantCode(t, publish(heavy), "BatchRequestTooLong")
	if err := publish(eleven[:10]...); err != nil {
		t.Error(err)
	}
	// Other SDKs write an empty list as an empty text.
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.Form = url.Values{"Action": {"PublishBatch"}, "PublishBatchRequestEntries": {""}, "TopicArn": {*topic.TopicArn}}
	op, in, err := w.svc.Protocol().Decode(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.svc.Do(t.Context(), op, in); err == nil || !strings.HasPrefix(err.Error(), "EmptyBatchRequest") {
		t.Errorf("an empty list: %v", err)
	}
}

func TestFilterPolicy(t *testing.T) {
	t.Parallel()
	number := types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String("150")}
	array := types.MessageAttributeValue{DataType: aws.String("String.Array"), StringValue: aws.String(`["x","y"]`)}
	for _, tt := range []struct {
		name, scope, policy, message string
		attrs                        map[string]types.MessageAttributeValue
		want                         bool
	}{
		{"attribute matches", "", `{"kind":["alert",{"prefix":"war"}]}`, "m",
			map[string]types.MessageAttributeValue{"kind": text("warning")}, true},
		{"attribute is missing", "", `{"kind":["alert"]}`, "m", nil, false},
		{"number", "", `{"n":[{"numeric":[">=",100]}]}`, "m", map[string]types.MessageAttributeValue{"n": number}, true},
		{"list", "", `{"l":["y"]}`, "m", map[string]types.MessageAttributeValue{"l": array}, true},
		{"absent", "", `{"kind":[{"exists":false}]}`, "m", nil, true},
		{"body matches", "MessageBody", `{"order":{"status":["FAILED"]}}`, `{"order":{"status":"FAILED"}}`, nil, true},
		{"body differs", "MessageBody", `{"order":{"status":["FAILED"]}}`, `{"order":{"status":"PAID"}}`, nil, false},
		{"body is no object", "MessageBody", `{"order":["x"]}`, `text`, nil, false},
		{"no filter", "", `{}`, "m", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			topic := w.topic("ops")
			attrs := map[string]string{"FilterPolicy": tt.policy}
			if tt.scope != "" {
				attrs["FilterPolicyScope"] = tt.scope
			}
			w.subscribe(topic, "sqs", queue, attrs)
			w.publish(topic, tt.message, tt.attrs)
			if got := w.svc.out.Len() == 1; got != tt.want {
				t.Errorf("delivered = %v", got)
			}
		})
	}
}
