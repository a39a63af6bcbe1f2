package events_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/sns"
	"github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/store"
)

// TestEvents_ThroughTheRouter sends an event to a queue, to a topic with a queue as its subscriber,
// and to a queue that does not exist.
func TestEvents_ThroughTheRouter(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	clock := clockwork.NewRealClock()
	var router awsapi.Router
	queues, err := sqs.New(st, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer queues.Close()
	topics, err := sns.New(st, clock, sns.Options{Call: router.CallJSON})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := events.New(st, clock, events.Options{Call: router.CallJSON})
	if err != nil {
		t.Fatal(err)
	}
	router.Register("sqs", queues)
	router.Register("sns", topics)
	router.Register("events", bus)
	ctx, cancel := context.WithCancel(t.Context())
	ends := make(chan error, 2)
	go func() { ends <- topics.Run(ctx) }()
	go func() { ends <- bus.Run(ctx) }()
	defer func() {
		cancel()
		for range 2 {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
	}()

	call := func(service, op, in string) {
		t.Helper()
		if _, err := router.CallJSON(ctx, service, op, json.RawMessage(in)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"start", "alerts", "dead"} {
		call("sqs", "CreateQueue", `{"QueueName":"`+name+`"}`)
	}
	call("sns", "CreateTopic", `{"Name":"ops"}`)
	call("sns", "Subscribe",
		`{"TopicArn":"`+sns.ARN("ops")+`","Protocol":"sqs","Endpoint":"`+sqs.ARN("alerts")+
			`","Attributes":{"RawMessageDelivery":"true"}}`)
	call("events", "PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"orderflow\"]}"}`)
	call("events", "PutTargets", `{"Rule":"r","Targets":[
		{"Id":"1","Arn":"`+sqs.ARN("start")+`","InputPath":"$.detail"},
		{"Id":"2","Arn":"`+sns.ARN("ops")+`","InputPath":"$.detail.n"},
		{"Id":"3","Arn":"`+sqs.ARN("absent")+`","DeadLetterConfig":{"Arn":"`+sqs.ARN("dead")+`"}}]}`)
	call("events", "PutEvents", `{"Entries":[{"Source":"orderflow","DetailType":"T","Detail":"{\"n\":7}"}]}`)

	for name, want := range map[string]string{"start": `{"n":7}`, "alerts": "7", "dead": ""} {
		got, err := queues.Receive(ctx, name, 1, 20*time.Second)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %d messages, %v", name, len(got), err)
		}
		if want != "" && got[0].Body != want {
			t.Errorf("%s got %s, want %s", name, got[0].Body, want)
		}
		if name == "dead" && got[0].MessageAttributes["ERROR_CODE"].StringValue != "NO_RESOURCE" {
			t.Errorf("dead letter %+v", got[0])
		}
	}
}
