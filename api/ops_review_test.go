package api

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// ben is another operator.
var ben = Caller{
	Subject: "ben", ClientID: "console", Scopes: operator.Scopes, Groups: operator.Groups, TokenUse: "access",
}

// toReview changes a placed order to one that waits for its review.
func (f *fixture) toReview(id string) {
	f.Helper()
	f.changeOrder(id, func(o *orderflow.Order) {
		must(f.T, o.Confirm(by("step:reserve")))
		err := o.PassReview(orderflow.ReviewRules{Above: map[string]int64{"USD": 0}}, false, by("step:charge"))
		if orderflow.CodeOf(err) != orderflow.CodeReviewRequired {
			f.Fatal(err)
		}
		must(f.T, o.AwaitReview(orderflow.Wait{
			Step: orderflow.StepAwaitReview, Token: "a secret token", Until: noon.Add(24 * time.Hour),
		}, by("step:review")))
	})
}

func (f *fixture) review(c *Caller, id, decision, reason string) *response {
	return f.post(c, "/ops/orders/"+id+"/review", `{"decision":"`+decision+`","reason":"`+reason+`"}`)
}

func TestOpsReviewOrder_approve(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.review(&operator, id, "approve", "early").expect(409, "InvalidState")
	f.toReview(id)
	f.review(&ada, id, "approve", "mine").expect(403, "OperatorsOnly")
	res := f.get(&operator, "/ops/orders/"+id).expect(200, "")
	for _, want := range []string{`"status":"IN_REVIEW"`, `"waitingAt":"AwaitReview"`,
		`"deadline":"2026-11-23T12:00:00.000Z"`, `"reasons":["AmountOverLimit"]`} {
		if !strings.Contains(string(res.body), want) {
			t.Errorf("no %s in %s", want, res.body)
		}
	}
	first := f.review(&operator, id, "approve", "a known customer").expect(200, "")
	again := f.review(&operator, id, "approve", "a known customer").expect(200, "")
	if string(first.body) != string(again.body) || !strings.Contains(string(first.body), `"status":"CONFIRMED"`) {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	for _, decision := range []string{"approve", "refuse"} {
		res := f.review(&ben, id, decision, "no").expect(409, "AlreadyDecided")
		if !strings.Contains(string(res.body), "APPROVED by operator:olga") {
			t.Errorf("the loser learns %s", res.body)
		}
	}
	f.review(&operator, id, "refuse", "no").expect(409, "AlreadyDecided")
	res = f.get(&operator, "/ops/orders/"+id).expect(200, "")
	if body := string(res.body); strings.Contains(body, "waitingAt") || strings.Contains(body, "a secret token") ||
		!strings.Contains(body, `"actor":"operator:olga","reason":"a known customer"`) {
		t.Errorf("got %s", body)
	}
}

func TestOpsReviewOrder_refuse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toReview(id)
	f.post(&operator, "/ops/orders/"+id+"/review", `{"decision":"refuse"}`).expect(422, "InvalidRequest")
	f.post(&operator, "/ops/orders/"+id+"/review", `{"decision":"perhaps"}`).expect(422, "InvalidRequest")
	f.post(&operator, "/ops/orders/"+id+"/review", `{"reason":"x"}`).expect(422, "InvalidRequest")
	for range 2 {
		f.review(&operator, id, "refuse", "a stolen card").expect(200, "")
	}
	f.review(&ben, id, "approve", "").expect(422, "InvalidRequest") // an empty reason is no reason
	f.post(&ben, "/ops/orders/"+id+"/review", `{"decision":"approve"}`).expect(409, "AlreadyDecided")
	res := f.get(&ada, "/orders/"+id).expect(200, "")
	if body := string(res.body); strings.Contains(body, "stolen") || strings.Contains(body, "operator:") ||
		!strings.Contains(body, "we cannot accept this order") {
		t.Errorf("the customer sees %s", body)
	}
	f.review(&operator, "ord_00000000000000000000000000", "approve", "x").expect(404, "NotFound")
}

// A cancel and an approval: the first one is saved, the other is answered accordingly.
func TestOpsReviewOrder_cancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := f.placedBy(&ada), f.placedBy(&ada)
	f.toReview(first)
	f.post(&ada, "/orders/"+first+"/cancel", "").expect(202, "")
	f.review(&operator, first, "approve", "x").expect(409, "OrderCancelled")
	f.review(&operator, first, "refuse", "x").expect(409, "OrderCancelled")
	f.toReview(second)
	f.review(&operator, second, "approve", "x").expect(200, "")
	f.post(&ada, "/orders/"+second+"/cancel", "").expect(202, "")
	if o, err := f.load(second); err != nil || o.Cancel == nil || o.Review.Decision != orderflow.ReviewApproved {
		t.Errorf("got %+v, %v", o, err)
	}
}

// Of many operators who decide at once, one wins, and the others learn who.
func TestOpsReviewOrder_race(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toReview(id)
	statuses := make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			c := operator
			c.Subject = string(rune('a' + i))
			statuses[i] = f.review(&c, id, []string{"approve", "refuse"}[i%2], "x").status
		})
	}
	all.Wait()
	won := 0
	for _, status := range statuses {
		if status == 200 {
			won++
		} else if status != 409 {
			t.Errorf("status %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d operators won: %v", won, statuses)
	}
}
