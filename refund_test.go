package orderflow

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fulfilled returns a fulfilled order of the lines, with a price unless it is nil.
func fulfilled(t testing.TB, price *Price, lines ...Line) *Order {
	t.Helper()
	d := draft(lines...)
	d.Price = price
	o, err := Place(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"confirm", "capture", "request", "dispatch", "fulfil"} {
		if err := actions[name](o); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// taxed returns a fulfilled order of one line of several units that cost net + tax, and shipping.
func taxed(t testing.TB, quantity int, w Worth) *Order {
	t.Helper()
	l := line("a", quantity, usd(w.Net/int64(quantity)))
	l.Total, l.Tax, l.Shipping, l.ShippingTax = usd(w.Net), w.Tax, w.Shipping, w.ShippingTax
	return fulfilled(t, &Price{
		Subtotal: usd(w.Net), Discount: usd(0), Shipping: usd(w.Shipping), Tax: usd(w.Tax + w.ShippingTax),
	}, l)
}

func ask(o *Order, r RefundRequest) (Worth, error) {
	r.ID = "rfd_" + strconv.Itoa(len(o.Refunds))
	made, err := o.RequestRefund(r, byStep("because"))
	if err != nil {
		return Worth{}, err
	}
	return made.Worth, nil
}

func amountOf(n int64) RefundRequest { return RefundRequest{Amount: new(usd(n))} }

func unitsOfA(n int) RefundRequest { return RefundRequest{Lines: []Units{{"a", n}}} }

// A case from the field: six refunds against net 52 + tax 10, of which the tax parts, each rounded
// by itself, added up to more than the tax.
func TestOrder_RequestRefund_sixAmounts(t *testing.T) {
	t.Parallel()
	o := taxed(t, 1, Worth{Net: 52, Tax: 10})
	for i, want := range []Worth{
		{Net: 27, Tax: 5}, {Net: 8, Tax: 1}, {Net: 6, Tax: 2}, {Net: 3}, {Net: 5, Tax: 1}, {Net: 2, Tax: 1},
	} {
		got, err := ask(o, amountOf([]int64{32, 9, 8, 3, 6, 3}[i]))
		if err != nil || got != want {
			t.Errorf("refund %d is %+v, %v, want %+v", i, got, err, want)
		}
	}
	if left := o.RefundLeft(); left != (Worth{Net: 1}) {
		t.Errorf("%+v is left", left)
	}
	if _, err := ask(o, amountOf(2)); CodeOf(err) != CodeRefundExceedsPaid {
		t.Errorf("2 of 1: %v", err)
	}
}

// Units are refunded at what they are worth, the rounded parts included: three units of 100 and a
// tax of 20 sum to the whole, and a fourth does not exist.
func TestOrder_RequestRefund_units(t *testing.T) {
	t.Parallel()
	o := taxed(t, 3, Worth{Net: 300, Tax: 20, Shipping: 50, ShippingTax: 4})
	for i, want := range []Worth{{Net: 100, Tax: 7}, {Net: 100, Tax: 6}, {Net: 100, Tax: 7}} {
		if got, err := ask(o, unitsOfA(1)); err != nil || got != want {
			t.Errorf("unit %d is %+v, %v, want %+v", i, got, err, want)
		}
	}
	if _, err := ask(o, unitsOfA(1)); CodeOf(err) != CodeRefundExceedsPaid {
		t.Errorf("a fourth unit: %v", err)
	}
	if left := o.RefundLeft(); left != (Worth{Shipping: 50, ShippingTax: 4}) {
		t.Errorf("%+v is left", left)
	}
}

// The shipping is refunded once, and does not block what comes after it.
func TestOrder_RequestRefund_shipping(t *testing.T) {
	t.Parallel()
	o := taxed(t, 2, Worth{Net: 200, Tax: 40, Shipping: 50, ShippingTax: 10})
	shipping := RefundRequest{Shipping: true}
	if got, err := ask(o, shipping); err != nil || got != (Worth{Shipping: 50, ShippingTax: 10}) {
		t.Errorf("shipping is %+v, %v", got, err)
	}
	if _, err := ask(o, shipping); CodeOf(err) != CodeRefundExceedsPaid {
		t.Errorf("shipping twice: %v", err)
	}
	if _, err := ask(o, RefundRequest{Lines: []Units{{"a", 1}}, Shipping: true}); CodeOf(err) != CodeRefundExceedsPaid {
		t.Errorf("shipping twice, with a unit: %v", err)
	}
	if got, err := ask(o, unitsOfA(2)); err != nil || got != (Worth{Net: 200, Tax: 40}) {
		t.Errorf("the goods are %+v, %v", got, err)
	}
	if left := o.RefundLeft(); left.Paid() != 0 {
		t.Errorf("%+v is left", left)
	}
}

// An amount that was refunded before caps the units after it.
func TestOrder_RequestRefund_unitsAfterAmount(t *testing.T) {
	t.Parallel()
	o := taxed(t, 2, Worth{Net: 200})
	if _, err := ask(o, amountOf(50)); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(o, unitsOfA(2)); err != nil || got != (Worth{Net: 150}) {
		t.Errorf("both units are %+v, %v", got, err)
	}
}

// Minor units: a refund of 500 yen is 500, and a dinar has three decimals.
func TestOrder_RequestRefund_currencies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		price Money
		want  string
	}{{Money{500, "JPY"}, "500 JPY"}, {Money{1234, "BHD"}, "1.234 BHD"}, {usd(500), "5.00 USD"}} {
		o := fulfilled(t, nil, line("a", 1, tt.price))
		if _, err := ask(o, unitsOfA(1)); err != nil {
			t.Fatal(err)
		}
		r := &o.Refunds[0]
		if got := o.RefundAmount(r); got != tt.price || got.String() != tt.want {
			t.Errorf("refunded %s, want %s", got, tt.want)
		}
		if p := NewPartialRefund(o, r, noon); p.Amount != tt.price {
			t.Errorf("the provider is asked for %s", p.Amount)
		}
	}
}

// Lines of one SKU count together, the first ones first.
func TestOrder_RequestRefund_linesOfOneSKU(t *testing.T) {
	t.Parallel()
	o := fulfilled(t, nil, line("a", 1, usd(100)), line("b", 1, usd(7)), line("a", 2, usd(90)))
	got, err := ask(o, RefundRequest{Lines: []Units{{"a", 1}, {"a", 1}}})
	if err != nil || got != (Worth{Net: 190}) || o.RefundUnits(2) != 1 || o.RefundUnits(0) != 0 {
		t.Errorf("two units are %+v, %v", got, err)
	}
	if _, err := ask(o, unitsOfA(2)); CodeOf(err) != CodeRefundExceedsPaid {
		t.Errorf("two of one: %v", err)
	}
}

func TestOrder_RequestRefund_refuses(t *testing.T) {
	t.Parallel()
	digest := RefundRequest{Amount: new(usd(1)), Request: "digest"}
	for _, tt := range []struct {
		name, story string
		request     RefundRequest
		want        Code
	}{
		{"nothing captured", "confirm", amountOf(1), CodeInvalidState},
		{"confirmed and captured", "confirm, cancel, capture", amountOf(1), CodeInvalidState},
		{"cancelled", "confirm, capture, cancel", amountOf(1), CodeInvalidState},
		{"failed shipment", "confirm, capture, request, give up", amountOf(1), CodeInvalidState},
		{"free", "confirm, capture, request, dispatch", RefundRequest{Shipping: true}, CodeRefundExceedsPaid},
		{"lines before dispatch", "confirm, capture", unitsOfA(1), CodeInvalidState},
		{"all before dispatch", "confirm, capture", amountOf(200), CodeInvalidState},
		{"a part before dispatch", "confirm, capture", amountOf(199), ""},
		{"another currency", "confirm, capture", RefundRequest{Amount: &Money{1, "EUR"}}, CodeCurrencyMismatch},
		{"negative", "confirm, capture", amountOf(-1), CodeInvalidAmount},
		{"zero", "confirm, capture", amountOf(0), CodeRefundExceedsPaid},
		{"the same again", "confirm, capture", digest, CodeDuplicateRefund},
		{"no units", "confirm, capture, request, dispatch", unitsOfA(0), CodeRefundExceedsPaid},
		{"another product", "confirm, capture, request, dispatch", RefundRequest{Lines: []Units{{"b", 1}}}, CodeRefundExceedsPaid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := Place(draft(line("a", 2, usd(100))))
			if err != nil {
				t.Fatal(err)
			}
			play(o, tt.story)
			if tt.want == CodeDuplicateRefund {
				if _, err := ask(o, tt.request); err != nil {
					t.Fatal(err)
				}
			}
			before := o.Sequence
			if _, err := ask(o, tt.request); CodeOf(err) != tt.want || err != nil && o.Sequence != before {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Any refunds of any order, one after the other: none takes more than what is left, part by part,
// and after all units and the shipping nothing is left.
func TestOrder_RequestRefund_neverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := drawQuote(rt)
		if q.Total.Amount == 0 {
			return
		}
		o := fulfilled(t, &q.Price, q.Lines...)
		for range rapid.IntRange(1, 8).Draw(rt, "refunds") {
			l := rapid.SampledFrom(o.Lines).Draw(rt, "line")
			r := RefundRequest{Shipping: rapid.Bool().Draw(rt, "shipping")}
			if rapid.Bool().Draw(rt, "by amount") {
				r.Amount = &Money{rapid.Int64Range(1, q.Total.Amount).Draw(rt, "amount"), q.Total.Currency}
			} else {
				r.Lines = []Units{{l.SKU, rapid.IntRange(1, l.Quantity).Draw(rt, "units")}}
			}
			w, err := ask(o, r)
			if left := o.RefundLeft(); left.negative() || w.negative() || err == nil && w.Paid() == 0 {
				rt.Fatalf("refund %+v of %+v, %v: %+v is left", r, w, err, left)
			}
		}
		for i := range o.Lines {
			if n := o.RefundUnits(i); n > 0 {
				_, _ = ask(o, RefundRequest{Lines: []Units{{o.Lines[i].SKU, n}}})
			}
		}
		_, _ = ask(o, RefundRequest{Shipping: true})
		if left := o.RefundLeft(); left.Paid() != 0 {
			rt.Fatalf("%+v is left of %s", left, o.Total)
		}
	})
}

// The payment status follows the refunds that arrived, and the mark those that did not.
func TestOrder_SettleRefund(t *testing.T) {
	t.Parallel()
	o := taxed(t, 2, Worth{Net: 200})
	for _, n := range []int64{150, 50} {
		if _, err := ask(o, amountOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(status PaymentStatus, mark Code) {
		t.Helper()
		got := Code("")
		if o.Attention != nil {
			got = Code(o.Attention.Code)
		}
		if o.PaymentStatus != status || got != mark {
			t.Errorf("payment %s, mark %q, want %s, %q", o.PaymentStatus, got, status, mark)
		}
	}
	want(PaymentCaptured, "")
	o.NoteRefundPending("rfd_0", byStep(""))
	want(PaymentCaptured, CodeRefundUnsettled)
	o.NoteRefundFailed("rfd_1", "the account is closed", byStep(""))
	want(PaymentCaptured, CodeRefundReturned)
	for range 2 { // noticed twice, recorded once
		if err := o.SettleRefund("rfd_0", byStep("")); err != nil {
			t.Fatal(err)
		}
	}
	want(PaymentPartiallyRefunded, CodeRefundReturned)
	for range 2 {
		if err := o.RetryRefund("rfd_1", byStep("")); err != nil {
			t.Fatal(err)
		}
	}
	want(PaymentPartiallyRefunded, "")
	if err := o.SettleRefund("rfd_1", byStep("")); err != nil {
		t.Fatal(err)
	}
	want(PaymentRefunded, "")
	if err := o.RetryRefund("rfd_1", byStep("")); CodeOf(err) != CodeInvalidState {
		t.Errorf("a refund that arrived is retried: %v", err)
	}
	if err := o.SettleRefund("rfd_9", byStep("")); CodeOf(err) != CodeNotFound {
		t.Errorf("an unknown refund arrives: %v", err)
	}
	refunded := 0
	for _, c := range o.Timeline {
		if c.Type == OrderRefunded {
			refunded++
		}
	}
	if last := o.Timeline[len(o.Timeline)-1]; refunded != 2 || last.RefundID != "rfd_1" || *last.RefundAmount != usd(50) {
		t.Errorf("%d refunds arrived, the last change is %+v", refunded, last)
	}
}

// A failed refund that was paid by other means is acknowledged: its mark disappears, its amount
// stays refunded.
func TestOrder_Acknowledge_refund(t *testing.T) {
	t.Parallel()
	o := taxed(t, 1, Worth{Net: 100})
	if _, err := ask(o, amountOf(100)); err != nil {
		t.Fatal(err)
	}
	o.NoteRefundPending("rfd_0", byStep(""))
	if err := o.Acknowledge(byStep("done")); CodeOf(err) != CodeInvalidState {
		t.Errorf("a pending refund is acknowledged: %v", err)
	}
	o.NoteRefundFailed("rfd_0", "closed", byStep(""))
	if due := o.TakeAlerts(noon); len(due) != 1 || due[0].RefundID != "rfd_0" || len(o.TakeAlerts(noon)) != 0 {
		t.Errorf("alerts %+v", due)
	}
	if err := o.Acknowledge(byStep("paid by bank transfer")); err != nil || o.Attention != nil {
		t.Errorf("acknowledged: %v, %+v", err, o.Attention)
	}
	if err := o.RetryRefund("rfd_0", byStep("")); CodeOf(err) != CodeInvalidState || o.RefundLeft().Paid() != 0 {
		t.Errorf("retried: %v, %+v is left", err, o.RefundLeft())
	}
}

// A lost request is repeated, with longer and longer pauses; after a day operators are alerted.
func TestOrder_RenewRefunds(t *testing.T) {
	t.Parallel()
	o := taxed(t, 1, Worth{Net: 100})
	if _, err := ask(o, amountOf(100)); err != nil {
		t.Fatal(err)
	}
	asked, renewals := o.Refunds[0].At, 0
	for minutes := range 25 * 60 {
		by := By{At: asked.Add(time.Duration(minutes) * time.Minute), Actor: "step:reconcile"}
		if o.RenewRefunds(3*time.Minute, by) {
			renewals++
		}
		if marked := o.MarkOverdueRefunds(by); marked != (minutes == 24*60) {
			t.Errorf("after %d minutes: marked %v", minutes, marked)
		}
	}
	if renewals != 9 { // 3, 6, 12, ... 768 minutes
		t.Errorf("renewed %d times in a day", renewals)
	}
}
