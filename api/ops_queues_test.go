package api

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

type queues struct {
	depths  []orderflow.QueueDepth
	letters []orderflow.DeadLetter
	asked   []string // queue and limit or message
	move    orderflow.LetterMove
	err     error
}

func (q *queues) Letters(_ context.Context, queue string, limit int) ([]orderflow.DeadLetter, error) {
	q.asked = append(q.asked, fmt.Sprint(queue, " ", limit))
	return q.letters, q.err
}

func (q *queues) Redrive(_ context.Context, queue string) (orderflow.LetterMove, error) {
	q.asked = append(q.asked, queue)
	return q.move, q.err
}

func (q *queues) DeleteLetter(_ context.Context, queue, messageID string) error {
	q.asked = append(q.asked, queue+" "+messageID)
	return q.err
}

func (q *queues) Depths(context.Context) ([]orderflow.QueueDepth, error) { return q.depths, q.err }

func TestOpsListQueues(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.queues.depths = []orderflow.QueueDepth{{Name: "x-start", Waiting: 3, InFlight: 2, Delayed: 1}, {Name: "x-start-dead-letters", DeadLetters: true, Sources: []string{"x-start"}}}
	got := string(f.get(&operator, "/ops/queues").expect(200, "").body)
	want := `{"queues":[{"name":"x-start","deadLetters":false,"waiting":3,"inFlight":2,"delayed":1},` +
		`{"name":"x-start-dead-letters","deadLetters":true,"sources":["x-start"],"waiting":0,"inFlight":0,"delayed":0}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.queues.err = orderflow.Errorf(orderflow.CodeThrottled, "slow down")
	f.get(&operator, "/ops/queues").expect(503, "Throttled")
}

func TestOpsDeadLetters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.queues.letters = []orderflow.DeadLetter{
		{ID: "m-1", SentAt: noon, Received: 6, Source: "x-start", Body: "{}", Error: &orderflow.MessageError{Error: "it is down", At: noon}},
		{ID: "m-2", SentAt: noon, Received: 1, Body: "poison", Attributes: map[string]string{"ERROR_CODE": "NO_PERMISSIONS"}},
	}
	path, reason := "/ops/dead-letters/start-dead-letters", `{"reason":"it is back"}`
	got := string(f.get(&operator, path+"?limit=7").expect(200, "").body)
	at := noon.Format("2006-01-02T15:04:05.000Z")
	want := `{"messages":[{"messageId":"m-1","sentAt":"` + at + `","received":6,"source":"x-start","error":"it is down","failedAt":"` + at + `","body":"{}"},` +
		`{"messageId":"m-2","sentAt":"` + at + `","received":1,"attributes":{"ERROR_CODE":"NO_PERMISSIONS"},"body":"poison"}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.queues.move = orderflow.LetterMove{To: []string{"x-start"}, Moved: 2, Done: true}
	if got := string(f.post(&operator, path+"/redrive", reason).expect(202, "").body); got != `{"to":["x-start"],"moved":2,"done":true,"inFlight":0}` {
		t.Errorf("got %s", got)
	}
	f.post(&operator, path+"/m-2/delete", reason).expect(200, "")
	if want := []string{"start-dead-letters 7", "start-dead-letters", "start-dead-letters m-2"}; !slices.Equal(f.queues.asked, want) {
		t.Errorf("asked %v, want %v", f.queues.asked, want)
	}
	f.post(&operator, path+"/redrive", `{}`).expect(422, "InvalidRequest")
	f.post(&operator, path+"/m_2/delete", reason).expect(404, "NotFound")
	f.get(&ada, path).expect(403, "")
	f.queues.err = orderflow.Errorf(orderflow.CodeInvalidState, "they come from rules")
	f.post(&operator, path+"/redrive", reason).expect(409, "InvalidState")
	f.queues.err = orderflow.Errorf(orderflow.CodeNotFound, "no such queue")
	f.get(&operator, path).expect(404, "NotFound")
}
