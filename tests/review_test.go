package tests

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// TestReview reviews orders of more than 10.00 USD, each with another end.
func TestReview(t *testing.T) { inEachMode(t, testReview) }

func testReview(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "ReviewAbove=USD:1000", "--param", "ReviewSeconds=20")...)
	events := s.listen()
	t.Run("ends", func(t *testing.T) {
		const approved, refused = "approve", "refuse"
		for _, tt := range []struct {
			name, method string
			act          func(t *testing.T, s *system, id string)
			statuses     []orderflow.Status
			reason       string
		}{
			{
				"approved", "pm_card_visa", decides(approved),
				[]orderflow.Status{"PLACED", "CONFIRMED", "IN_REVIEW", "CONFIRMED", "PAID", "SHIPPING", "FULFILLED"}, "",
			},
			{
				"approved, then declined", "pm_card_chargeDeclined", decides(approved),
				[]orderflow.Status{"PLACED", "CONFIRMED", "IN_REVIEW", "CONFIRMED", "REJECTED"}, "PaymentDeclined",
			},
			{
				"refused", "pm_card_visa", decides(refused),
				[]orderflow.Status{"PLACED", "CONFIRMED", "IN_REVIEW", "REJECTED"}, "ReviewRefused",
			},
			{
				"not decided in time", "pm_card_visa", func(*testing.T, *system, string) {},
				[]orderflow.Status{"PLACED", "CONFIRMED", "IN_REVIEW", "REJECTED"}, "ReviewTimedOut",
			},
			{
				"cancelled, then approved", "pm_card_visa", cancelsFirst,
				[]orderflow.Status{"PLACED", "CONFIRMED", "IN_REVIEW", "CANCELLED"}, "OrderCancelled",
			},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				s := s.in(t)
				ada := s.as("ada")
				id := ada.accepted(order(tt.method, item{"beans-ethiopia-250g", 1}))
				token := ada.inReview(id)
				s.hides(id, token)
				tt.act(t, s, id)
				v := ada.ended(id)
				if !slices.Equal(v.statuses(), tt.statuses) || v.reason() != tt.reason {
					t.Errorf("%v because of %q; want %v, %q", v.statuses(), v.reason(), tt.statuses, tt.reason)
				}
				s.hides(id, token)
			})
		}
		t.Run("not reviewed", func(t *testing.T) {
			t.Parallel()
			ada := s.in(t).as("ada")
			id := ada.accepted(order("pm_card_visa", item{"wax-sealing-red", 1}))
			if v := ada.ended(id); v.Status != orderflow.Fulfilled || slices.Contains(v.statuses(), orderflow.InReview) {
				t.Errorf("%v", v.statuses())
			}
		})
	})
	s.checkInvariants(events)
}

// decides returns a function that decides a review. The second operator comes too late, and learns
// who was first.
func decides(decision string) func(t *testing.T, s *system, id string) {
	return func(t *testing.T, s *system, id string) {
		olga, ben := s.as("olga", "operators"), s.as("ben", "operators")
		for range 2 {
			olga.review(id, decision).expect(http.StatusOK)
		}
		late := ben.review(id, "approve")
		late.problem(http.StatusConflict, "AlreadyDecided")
		if !strings.Contains(string(late.Body), "by operator:olga at ") {
			t.Errorf("the loser learns %s", late.Body)
		}
	}
}

// cancelsFirst cancels an order in review: an operator can no longer approve it.
func cancelsFirst(_ *testing.T, s *system, id string) {
	s.as("ada").request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	a := s.as("olga", "operators").review(id, "approve")
	if a.Status != http.StatusConflict {
		s.t.Errorf("approved after a cancel: %d %s", a.Status, a.Body)
	}
}

// TestReview_thenCancel cancels approved orders before the carrier has the goods: the money goes
// back.
func TestReview_thenCancel(t *testing.T) {
	t.Parallel()
	s := up(t, "--data", t.TempDir(), "--param", "ReviewAbove=USD:1000", "--carrier", "external")
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	var ids []string
	for range 4 {
		ids = append(ids, ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1})))
	}
	for _, id := range ids {
		ada.inReview(id)
		olga.review(id, "approve").expect(http.StatusOK)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	}
	for _, id := range ids {
		if v := ada.ended(id); v.Status != orderflow.Cancelled {
			t.Errorf("%s ended %s", id, v.Status)
		}
	}
	s.checkInvariants(events)
}

// TestReview_lostEvent: the reconciler tells the step a decision whose event was lost.
func TestReview_lostEvent(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--param", "ReviewAbove=USD:1000", "--param", "ReconcileAfterSeconds=0")
	ada, olga := s.as("ada"), s.as("olga", "operators")
	s.rule("orderflow-wake", false)
	approved := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	refused := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.inReview(approved)
	ada.inReview(refused)
	olga.review(approved, "approve").expect(http.StatusOK)
	olga.review(refused, "refuse").expect(http.StatusOK)
	eventually(t, "the reconciler wakes the steps", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		var a, b view
		ada.get("/orders/" + approved).expect(http.StatusOK).into(&a)
		ada.get("/orders/" + refused).expect(http.StatusOK).into(&b)
		return a.Status == orderflow.Fulfilled && b.Status == orderflow.Rejected
	})
}

// review decides about an order in review.
func (c *caller) review(id, decision string) *answer {
	c.s.t.Helper()
	body := fmt.Appendf(nil, `{"decision":%q,"reason":"a test"}`, decision)
	return c.request(http.MethodPost, "/ops/orders/"+id+"/review", nil, body)
}

// inReview polls the order until its execution waits for the review, and returns the token for
// which it waits.
func (c *caller) inReview(id string) string {
	c.s.t.Helper()
	c.until(id, "waits for its review", func(v view) bool {
		return slices.ContainsFunc(v.Timeline, func(c orderflow.Change) bool {
			return c.Type == orderflow.OrderReviewRequested
		})
	})
	db := dynamodb.NewFromConfig(c.s.config())
	got, err := db.GetItem(c.s.t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orderflow-orders"),
		Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}})
	if err != nil {
		c.s.t.Fatal(err)
	}
	o := unmarshal[orderflow.Order](c.s.t, got.Item)
	if o.Wait == nil || o.Wait.Token == "" || o.Wait.Step != orderflow.StepAwaitReview {
		c.s.t.Fatalf("the order waits for %+v", o.Wait)
	}
	return o.Wait.Token
}

// hides checks that no view of the order, and no log, has the token of its waiting step.
func (s *system) hides(id, token string) {
	s.t.Helper()
	for _, a := range []*answer{
		s.as("ada").get("/orders/" + id), s.as("olga", "operators").get("/ops/orders/" + id),
		s.as("olga", "operators").get("/ops/orders"),
	} {
		if strings.Contains(string(a.expect(http.StatusOK).Body), token) {
			s.t.Errorf("%s shows the task token", a.what)
		}
	}
	if strings.Contains(s.stderr.String(), token) {
		s.t.Error("the log holds the task token")
	}
}
