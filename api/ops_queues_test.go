package api

import (
	"context"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

type queues struct {
	depths []orderflow.QueueDepth
	err    error
}

func (q *queues) Depths(context.Context) ([]orderflow.QueueDepth, error) { return q.depths, q.err }

func TestOpsListQueues(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.queues.depths = []orderflow.QueueDepth{{Name: "x-start", Waiting: 3, InFlight: 2, Delayed: 1}, {Name: "x-start-dead-letters", DeadLetters: true}}
	got := string(f.get(&operator, "/ops/queues").expect(200, "").body)
	want := `{"queues":[{"name":"x-start","deadLetters":false,"waiting":3,"inFlight":2,"delayed":1},` +
		`{"name":"x-start-dead-letters","deadLetters":true,"waiting":0,"inFlight":0,"delayed":0}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.queues.err = orderflow.Errorf(orderflow.CodeThrottled, "slow down")
	f.get(&operator, "/ops/queues").expect(503, "Throttled")
}
