package orderflow

import (
	"testing"
	"time"
)

// priced returns a placed order that costs something.
func priced(t *testing.T) *Order {
	t.Helper()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// authorized returns an order that is authorised for two days from noon and waits for the carrier.
func authorized(t *testing.T) *Order {
	t.Helper()
	o := priced(t)
	play(o, "confirm")
	if err := o.Authorize(noon.Add(48*time.Hour), By{At: noon}); err != nil {
		t.Fatal(err)
	}
	if err := o.RequestShipment("shp_1", Wait{Step: "RequestShipment", Token: "t"}, By{At: noon}); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOrder_Authorize(t *testing.T) {
	t.Parallel()
	o := authorized(t)
	if o.Status != Paid || o.PaymentStatus != PaymentAuthorized || o.Authorization == nil {
		t.Errorf("%s, payment %s", o.Status, o.PaymentStatus)
	}
	if err := o.Close(By{At: noon}); CodeOf(err) != CodeInvalidState {
		t.Errorf("closed an authorised order: %v", err)
	}
	if err := o.Fulfil(By{At: noon}); CodeOf(err) != CodeInvalidState {
		t.Errorf("fulfilled an order that is not dispatched: %v", err)
	}
}

// A cancel wins while the amount is authorised: the void follows.
func TestOrder_Authorize_cancelled(t *testing.T) {
	t.Parallel()
	o := priced(t)
	play(o, "confirm, cancel")
	err := o.Authorize(noon.Add(time.Hour), By{At: noon})
	if CodeOf(err) != CodeOrderCancelled || o.Status != Confirmed || o.PaymentStatus != PaymentAuthorized {
		t.Errorf("%v, %s, payment %s", err, o.Status, o.PaymentStatus)
	}
	for range 2 {
		if err := o.VoidAuthorization(By{At: noon}); err != nil || o.PaymentStatus != PaymentNone || o.Authorization != nil {
			t.Errorf("%v, payment %s", err, o.PaymentStatus)
		}
	}
}

// No goods leave without a live authorisation or a capture, and none are fulfilled without a
// capture.
func TestOrder_Dispatch_authorized(t *testing.T) {
	t.Parallel()
	o := authorized(t)
	n := o.Sequence
	if err := o.Dispatch("Post", "T1", By{At: noon.Add(48 * time.Hour)}); CodeOf(err) != CodeAuthorizationLapsed ||
		o.Sequence != n {
		t.Errorf("dispatched after the authorisation: %v", err)
	}
	for range 2 {
		o.NoteRefusedDispatch(By{At: noon.Add(48 * time.Hour)})
	}
	if !o.Attention.is(AttentionAuthorization) || o.Sequence != n+1 || len(o.TakeAlerts(noon.Add(48*time.Hour))) != 1 {
		t.Errorf("mark %+v, sequence %d", o.Attention, o.Sequence)
	}
	o.Reauthorize(noon.Add(200*time.Hour), By{At: noon.Add(49 * time.Hour)})
	if o.Attention != nil {
		t.Errorf("mark %+v of a renewed authorisation", o.Attention)
	}
	at := By{At: noon.Add(50 * time.Hour)}
	if err := o.Dispatch("Post", "T1", at); err != nil {
		t.Fatal(err)
	}
	if err := o.VoidAuthorization(at); CodeOf(err) != CodeInvalidState {
		t.Errorf("voided after dispatch: %v", err)
	}
	if err := o.Fulfil(at); CodeOf(err) != CodeInvalidState {
		t.Errorf("fulfilled without a capture: %v", err)
	}
	if err := o.Capture(at); err != nil || o.PaymentStatus != PaymentCaptured || o.Status != Shipping {
		t.Errorf("%v, %s, payment %s", err, o.Status, o.PaymentStatus)
	}
	if err := o.Fulfil(at); err != nil {
		t.Error(err)
	}
}

func TestOrder_RequestShipment_lapsed(t *testing.T) {
	t.Parallel()
	o := priced(t)
	play(o, "confirm")
	if err := o.Authorize(noon, By{At: noon}); err != nil {
		t.Fatal(err)
	}
	if err := o.RequestShipment("shp_1", Wait{}, By{At: noon}); CodeOf(err) != CodeAuthorizationLapsed || o.Shipment != nil {
		t.Errorf("requested without money: %v", err)
	}
}

func TestOrder_ReauthorizationDue(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for _, tt := range []struct {
		name    string
		prepare func(o *Order)
		after   time.Duration // since noon; the authorisation ends after 48 hours
		want    bool
	}{
		{"long before its end", func(*Order) {}, 23 * hour, false},
		{"a day before its end", func(*Order) {}, 24 * hour, true},
		{"after its end", func(*Order) {}, 72 * hour, true},
		{"cancelled", func(o *Order) { play(o, "cancel") }, 40 * hour, false},
		{"declined just before", func(o *Order) { o.NoteLapsing("x", By{At: noon.Add(35 * hour)}) }, 40 * hour, false},
		{"declined hours before", func(o *Order) { o.NoteLapsing("x", By{At: noon.Add(34 * hour)}) }, 40 * hour, true},
		{
			"dispatched", func(o *Order) { _ = o.Dispatch("Post", "T1", By{At: noon}) }, 40 * hour, false,
		},
		{"renewed", func(o *Order) { o.Reauthorize(noon.Add(200*hour), By{At: noon}) }, 40 * hour, false},
	} {
		o := authorized(t)
		tt.prepare(o)
		if got := o.ReauthorizationDue(noon.Add(tt.after)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// A redrive of the execution does not remove the mark: the authorisation still lapses.
func TestOrder_NoteLapsing_redriven(t *testing.T) {
	t.Parallel()
	o := authorized(t)
	o.NoteLapsing("insufficient_funds", By{At: noon})
	if o.ClearAttention(3, By{At: noon}) || !o.Attention.is(AttentionAuthorization) {
		t.Errorf("mark %+v", o.Attention)
	}
	play(o, "cancel")
	if err := o.VoidAuthorization(By{At: noon}); err != nil || o.Attention != nil {
		t.Errorf("%v, mark %+v of a voided authorisation", err, o.Attention)
	}
}
