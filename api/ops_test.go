package api

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// failedExecution gives an order an execution that failed at ChargePayment, and its attention.
func (f *fixture) failedExecution(id string) *memoryExecution {
	f.Helper()
	event := func(n, previous int64, kind, state string) orderflow.ExecutionEvent {
		return orderflow.ExecutionEvent{ID: n, PreviousID: previous, At: noon, Type: kind, State: state}
	}
	failed := event(7, 6, "TaskFailed", "")
	failed.Error, failed.Cause = "PaymentUnavailable", "no route to provider"
	ended := event(8, 7, "ExecutionFailed", "")
	ended.Error = "PaymentUnavailable"
	e := &memoryExecution{
		Execution: orderflow.Execution{ARN: "arn:aws:states:us-east-1:000000000000:execution:fulfil-order:" + id,
			Status: "FAILED", StartedAt: noon, StoppedAt: noon, Error: "PaymentUnavailable", Redrivable: true},
		history: []orderflow.ExecutionEvent{
			event(1, 0, "ExecutionStarted", ""), event(2, 0, "TaskStateEntered", "ReserveStock"),
			event(3, 2, "TaskSucceeded", ""), event(4, 3, "TaskStateExited", "ReserveStock"),
			event(5, 4, "TaskStateEntered", "ChargePayment"), event(6, 5, "TaskScheduled", ""), failed, ended,
		},
	}
	f.executions[id] = e
	f.changeOrder(id, func(o *orderflow.Order) {
		o.MarkAttention(orderflow.Attention{Code: "PaymentUnavailable", Message: "no route", Step: "ChargePayment",
			ExecutionARN: e.ARN}, by("step:watch"))
	})
	return e
}

func TestOpsGetOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	if got := decoded[opsOrderView](f.get(&operator, "/ops/orders/"+id).expect(200, "")); got.Execution != nil ||
		got.CustomerID != "ada" || got.Version != 1 {
		t.Errorf("got %+v", got)
	}
	f.failedExecution(id)
	res := f.get(&operator, "/ops/orders/"+id).expect(200, "")
	got := decoded[opsOrderView](res)
	if got.Attention == nil || got.Attention.Code != "PaymentUnavailable" || got.Timeline[1].Actor != "step:watch" {
		t.Errorf("got %+v", got)
	}
	e := got.Execution
	if e.Status != "FAILED" || e.FailedStep != "ChargePayment" || e.Error != "PaymentUnavailable" || !e.Redrivable ||
		e.HistoryTruncated {
		t.Errorf("got %+v", e)
	}
	var summaries, states []string
	for _, event := range e.History {
		summaries, states = append(summaries, event.Summary), append(states, event.State)
	}
	if want := []string{
		"the execution started", "ReserveStock is entered", "ReserveStock succeeded", "ReserveStock is left",
		"ChargePayment is entered", "ChargePayment is scheduled", "ChargePayment failed: PaymentUnavailable",
		"the execution failed: PaymentUnavailable",
	}; !slices.Equal(summaries, want) {
		t.Errorf("got %q", summaries)
	}
	if !slices.Equal(states[1:7], []string{"ReserveStock", "ReserveStock", "ReserveStock", "ChargePayment",
		"ChargePayment", "ChargePayment"}) {
		t.Errorf("got %q", states)
	}
	f.get(&operator, "/ops/orders/ord_00000000000000000000000000").expect(404, "NotFound")
}

func TestOpsGetOrder_keepsTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	res := f.get(&operator, "/ops/orders/"+id).expect(200, "")
	if bytes.Contains(res.body, []byte("a secret token")) || decoded[opsOrderView](res).WaitingAt != "RequestShipment" {
		t.Errorf("got %s", res.body)
	}
}

func TestOpsGetOrder_truncatesHistory(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	e := f.failedExecution(id)
	e.history = nil
	for i := range int64(historyShown + 1) {
		e.history = append(e.history, orderflow.ExecutionEvent{ID: i + 1, PreviousID: i, At: noon,
			Type: "MapIterationStarted"})
	}
	got := decoded[opsOrderView](f.get(&operator, "/ops/orders/"+id).expect(200, "")).Execution
	if len(got.History) != historyShown || !got.HistoryTruncated || got.History[0].ID != 2 {
		t.Errorf("got %d events, truncated %v", len(got.History), got.HistoryTruncated)
	}
}

func TestOpsListOrders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second, third := f.placedBy(&ada), f.placedBy(&bob), f.placedBy(&ada)
	f.failedExecution(second)
	f.changeOrder(third, func(o *orderflow.Order) { must(t, o.Confirm(by("step:ReserveStock"))) })
	type page struct {
		Orders []opsSummaryView `json:"orders"`
		Next   string           `json:"next"`
	}
	for query, want := range map[string][]string{
		"":                                {third, second, first},
		"attention=true":                  {second},
		"attention=false":                 {third, first},
		"status=CONFIRMED":                {third},
		"attention=true&status=CONFIRMED": nil,
		"limit=1":                         {third},
	} {
		var got []string
		p := decoded[page](f.get(&operator, "/ops/orders?"+query).expect(200, ""))
		for _, o := range p.Orders {
			got = append(got, o.OrderID)
			if (o.Attention != nil) != (o.OrderID == second) {
				t.Errorf("got %+v", o)
			}
		}
		if !slices.Equal(got, want) || (p.Next != "") != (query == "limit=1") {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
	f.get(&operator, "/ops/orders?attention=maybe&limit=0").expect(400, "InvalidParameter")
}

func TestOpsRedriveOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	e := f.failedExecution(id)
	res := f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"The provider is back."}`).expect(202, "")
	if string(res.body) != `{"orderId":"`+id+`","status":"PLACED","executionArn":"`+e.ARN+`","redriveCount":1}` ||
		res.header.Get("Location") != "/ops/orders/"+id {
		t.Errorf("got %s %v", res.body, res.header)
	}
	if !slices.Equal(e.tokens, []string{id + "-0"}) || len(e.tokens[0]) > 64 {
		t.Errorf("got tokens %v", e.tokens)
	}
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Attention != nil || last.Actor != "operator:olga" ||
		last.Reason != "The provider is back." {
		t.Errorf("got %+v", o)
	}
	view := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if view.Attention || view.Timeline[2].Reason != "" {
		t.Errorf("a customer reads what the operator wrote: %+v", view.Timeline)
	}
}

// The event of the redriven execution may arrive before the operator's change is saved: the reason
// is recorded all the same.
func TestOpsRedriveOrder_afterTheEvent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.failedExecution(id).after = func() {
		o, err := f.load(id)
		must(t, err)
		o.ClearAttention(1, by("step:watch"))
		f.save(o)
	}
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"try"}`).expect(202, "")
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Attention != nil || last.Actor != "operator:olga" || last.Reason != "try" {
		t.Errorf("got %+v", o.Timeline)
	}
}

func TestOpsRedriveOrder_keepsANewMark(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	e := f.failedExecution(id)
	e.after = func() { // it fails again before the operator's change is saved
		o, err := f.load(id)
		must(t, err)
		o.MarkAttention(orderflow.Attention{Code: "PaymentUnavailable", Message: "again", ExecutionARN: e.ARN,
			RedriveCount: 1}, by("step:watch"))
		f.save(o)
	}
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"try"}`).expect(202, "")
	if o, err := f.load(id); err != nil || o.Attention == nil || o.Attention.RedriveCount != 1 {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestOpsRedriveOrder_answersEvenIfTheMarkStays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.failedExecution(id)
	f.conflicts = changeAttempts
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"try"}`).expect(202, "")
	if !strings.Contains(f.log.String(), `"msg":"failure"`) {
		t.Errorf("nothing is logged: %s", f.log.String())
	}
}

func TestOpsRedriveOrder_refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	path := "/ops/orders/" + id + "/redrive"
	f.post(&operator, path, `{"reason":"try"}`).expect(409, "NotRedrivable")
	e := f.failedExecution(id)
	e.Redrivable, e.NotRedrivable = false, "Execution is RUNNING and cannot be redriven"
	if p := decoded[Problem](f.post(&operator, path, `{"reason":"try"}`).expect(409,
		"NotRedrivable")); p.Detail != e.NotRedrivable {
		t.Errorf("got %+v", p)
	}
	for _, body := range []string{`{}`, `{"reason":""}`, `{"reason":"  "}`,
		`{"reason":"` + strings.Repeat("x", 501) + `"}`, `{"reason":"a\u0000b"}`} {
		if got := f.post(&operator, path, body).expect(422, "InvalidRequest").faults(); !slices.Equal(got,
			[]string{"/reason"}) {
			t.Errorf("%s: got %v", body, got)
		}
	}
	e.Redrivable = true
	f.post(&operator, path, `{"reason":"`+strings.Repeat("ß", 500)+`"}`).expect(202, "")
	f.post(&operator, "/ops/orders/ord_00000000000000000000000000/redrive", `{"reason":"try"}`).expect(404, "NotFound")
}
