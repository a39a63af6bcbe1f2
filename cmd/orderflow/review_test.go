package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

func TestReviewText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	reasons := []orderflow.ReviewReason{orderflow.ReviewAmountOverLimit, orderflow.ReviewBulkQuantity}
	for want, r := range map[string]*orderflow.Review{
		"": nil,
		"amount over limit, bulk quantity, risk score 35": {Reasons: reasons, Score: 35},
		"amount over limit, bulk quantity, risk score 35; waits for a decision until 2026-11-22 12:00:00": {
			Reasons: reasons, Score: 35, Deadline: at},
		"amount over limit, bulk quantity, risk score 35; approved by operator:olga at 2026-11-22 12:00:00": {
			Reasons: reasons, Score: 35, Decision: orderflow.ReviewApproved, By: "operator:olga", At: at},
		"amount over limit, bulk quantity, risk score 35; refused by operator:ben at 2026-11-22 12:00:00: a stolen card": {
			Reasons: reasons, Score: 35, Decision: orderflow.ReviewRefused, By: "operator:ben", At: at,
			Reason: "a stolen card"},
		"amount over limit, bulk quantity, risk score 35; timed out by step:charge at 2026-11-22 12:00:00: " +
			"no operator reviewed it in time": {
			Reasons: reasons, Score: 35, Decision: orderflow.ReviewTimedOut, By: "step:charge", At: at,
			Reason: "ReviewTimedOut"},
	} {
		if got := reviewText(r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestPrintReviews(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	e := &env{stdout: &out, stderr: &errs}
	if err := printReviews(e, nil, false); err != nil || errs.String() != "no order waits for a review\n" {
		t.Errorf("%q, %v", errs.String(), err)
	}
	waiting := []client.Order{{OrderID: "ord_1", CustomerID: "ada", Review: &orderflow.Review{
		Reasons: []orderflow.ReviewReason{orderflow.ReviewUnusualCountry},
	}}}
	for asJSON, want := range map[bool]string{true: `{"customerId":"ada","orderId":"ord_1","review":{`, false: "unusual country"} {
		out.Reset()
		if err := printReviews(e, waiting, asJSON); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s, %v", &out, err)
		}
	}
}
