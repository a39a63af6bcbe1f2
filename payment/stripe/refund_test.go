package stripe

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// refundServer is a fake Stripe with the given refunds. It answers a request for another refund
// with answer.
func refundServer(t *testing.T, refunds, answer string, status int, created *[]string) *Gateway {
	return stripeAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprintf(w, `{"object":"list","has_more":false,"data":[%s]}`, refunds)
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		*created = append(*created, r.PostForm.Get("amount"))
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	})
}

func refundBody(id, status string, amount int, key string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"amount":%d,"currency":"usd","metadata":{"orderflow_key":%q}}`, id, status,
		amount, key)
}

func TestGateway_Refund(t *testing.T) {
	t.Parallel()
	const mine, before = "ord_1/refund/2", "ord_1/refund"
	ok := refundBody("re_9", "succeeded", 1250, mine)
	for _, tt := range []struct {
		name    string
		exist   []string
		answer  string
		want    orderflow.Code
		created string
	}{
		{"given back", nil, ok, "", "1250"},
		{"on its way", nil, refundBody("re_9", "pending", 1250, mine), orderflow.CodeRefundPending, "1250"},
		{
			"asks for something", nil, refundBody("re_9", "requires_action", 1250, mine), orderflow.CodeRefundPending,
			"1250",
		},
		{"a new status", nil, refundBody("re_9", "moon_phase", 1250, mine), orderflow.CodeRefundPending, "1250"},
		{"comes back at once", nil, refundBody("re_9", "failed", 1250, mine), orderflow.CodeRefundFailed, "1250"},
		{
			"is on its way already", []string{refundBody("re_1", "pending", 1250, before)}, ok,
			orderflow.CodeRefundPending, "",
		},
		{"came back", []string{refundBody("re_1", "failed", 1250, mine)}, ok, orderflow.CodeRefundFailed, ""},
		{"was canceled", []string{refundBody("re_1", "canceled", 1250, mine)}, ok, orderflow.CodeRefundFailed, ""},
		{"the last attempt came back", []string{refundBody("re_1", "failed", 1250, before)}, ok, "", "1250"},
		{
			"sent by hand after it came back",
			[]string{refundBody("re_1", "failed", 1250, mine), refundBody("re_2", "succeeded", 1250, "")}, ok, "", "",
		},
		{
			"a part went back by hand", []string{refundBody("re_1", "succeeded", 250, "")},
			refundBody("re_9", "succeeded", 1000, mine), "", "1000",
		},
		{
			"all went back in parts",
			[]string{refundBody("re_1", "succeeded", 250, ""), refundBody("re_2", "succeeded", 1000, "")}, ok, "", "",
		},
		{
			"the other part is on its way",
			[]string{refundBody("re_1", "succeeded", 250, ""), refundBody("re_2", "pending", 1000, "")}, ok,
			orderflow.CodeRefundPending, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var created []string
			s := refundServer(t, strings.Join(tt.exist, ","), tt.answer, http.StatusOK, &created)
			r := refund
			r.Key = mine
			got, err := s.Refund(t.Context(), r)
			if orderflow.CodeOf(err) != tt.want || err == nil && got.Amount != amount {
				t.Errorf("got %+v, %v, want %q", got, err, tt.want)
			}
			if strings.Join(created, " ") != tt.created {
				t.Errorf("created %v, want %s", created, tt.created)
			}
			if spent, ok := errors.AsType[*orderflow.KeySpent](err); ok != (tt.want == orderflow.CodeRefundFailed) ||
				ok && !spent.Proven {
				t.Errorf("key spent: %+v", spent)
			}
		})
	}
}

// An operator's refund counts only what was made with its own keys; the compensation counts all but
// operators' refunds.
func TestGateway_Refund_part(t *testing.T) {
	t.Parallel()
	const key = "ord_1/refund/rfd_1"
	other, byHand := refundBody("re_1", "succeeded", 1000, "ord_1/refund/rfd_2"), refundBody("re_2", "succeeded", 50, "")
	part, rest := refund, refund
	part.Key, part.Earlier, part.Part, part.Amount.Amount = key+"/2", []string{key}, true, 200
	rest.Amount.Amount = 250
	for _, tt := range []struct {
		name    string
		refund  orderflow.Refund
		exist   []string
		created string
	}{
		{"first", part, []string{other, byHand}, "200"},
		{"exists", part, []string{other, refundBody("re_3", "succeeded", 200, key+"/2")}, ""},
		{"an earlier attempt took effect", part, []string{other, refundBody("re_3", "succeeded", 200, key)}, ""},
		{"an earlier attempt failed", part, []string{other, refundBody("re_3", "failed", 200, key)}, "200"},
		{"the rest", rest, []string{other}, "250"},
		{"the rest, after one by hand", rest, []string{other, byHand}, "200"},
		{"the rest exists", rest, []string{other, refundBody("re_3", "succeeded", 250, "ord_1/refund/2")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var created []string
			made := refundBody("re_9", "succeeded", 200, tt.refund.Key)
			if tt.created == "250" {
				made = refundBody("re_9", "succeeded", 250, tt.refund.Key)
			}
			s := refundServer(t, strings.Join(tt.exist, ","), made, http.StatusOK, &created)
			got, err := s.Refund(t.Context(), tt.refund)
			if err != nil || got.Amount != tt.refund.Amount || strings.Join(created, " ") != tt.created {
				t.Errorf("got %+v, %v, created %v, want %q", got, err, created, tt.created)
			}
		})
	}
}

// A refund has no business failure: the captured amount must be refunded.
func TestGateway_Refund_errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   orderflow.Code
	}{
		{400, errorBody("invalid_request_error", "charge_disputed", "", ""), orderflow.CodeRefundFailed},
		{400, errorBody("invalid_request_error", "balance_insufficient", "", ""), orderflow.CodeRefundFailed},
		{400, errorBody("invalid_request_error", "", "", "amount"), orderflow.CodeRefundFailed},
		{402, errorBody("card_error", "card_declined", "generic_decline", ""), orderflow.CodeRefundFailed},
		{404, errorBody("invalid_request_error", "resource_missing", "", "payment_intent"), orderflow.CodeRefundFailed},
		{401, errorBody("invalid_request_error", "", "", ""), orderflow.CodePaymentUnavailable},
		{429, errorBody("invalid_request_error", "rate_limit", "", ""), orderflow.CodePaymentUnavailable},
		{409, errorBody("idempotency_error", "idempotency_key_in_use", "", ""), orderflow.CodePaymentUncertain},
		{500, errorBody("api_error", "", "", ""), orderflow.CodePaymentUncertain},
		{502, "<html>", orderflow.CodePaymentUncertain},
	} {
		var created []string
		s := refundServer(t, "", tt.body, tt.status, &created)
		_, err := s.Refund(t.Context(), refund)
		if got := orderflow.CodeOf(err); got != tt.want || len(created) != 1 {
			t.Errorf("%d %s: got %v, want %s", tt.status, tt.body, err, tt.want)
		}
	}
}
