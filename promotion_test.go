package orderflow

import "testing"

// A claim goes back when the order ends unpaid, and stays when the customer has paid with it.
func TestOrder_ReturnedClaim(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status  Status
		payment PaymentStatus
		want    bool
	}{
		{Placed, PaymentNone, false}, {Confirmed, PaymentNone, false}, {Paid, PaymentCaptured, false},
		{Fulfilled, PaymentCaptured, false}, {Fulfilled, PaymentNone, false}, {Rejected, PaymentNone, true},
		{Rejected, PaymentDeclined, true}, {Cancelled, PaymentNone, true}, {Cancelled, PaymentRefunded, false}, {Rejected, PaymentRefunded, false},
	} {
		o := &Order{
			ID: "ord_1", CustomerID: "ada", Status: tt.status, PaymentStatus: tt.payment,
			Price: &Price{PromotionCode: "FIVE", OncePerCustomer: true},
		}
		got := o.ReturnedClaim()
		if (got != nil) != tt.want || tt.want && *got != (Claim{CustomerID: "ada", PromotionCode: "FIVE", OrderID: "ord_1"}) {
			t.Errorf("%s, payment %s: gives back %+v", tt.status, tt.payment, got)
		}
		if o.Price.OncePerCustomer = false; o.Claim() != nil || o.ReturnedClaim() != nil {
			t.Errorf("%s: a claim on a promotion that may be used again", tt.status)
		}
	}
	if o := (&Order{}); o.Claim() != nil {
		t.Error("a claim without a price")
	}
}
