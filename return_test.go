package orderflow

import (
	"slices"
	"testing"
	"time"
)

const window = 30 * 24 * time.Hour

func sendBack(o *Order, id string, n int) error {
	by := byStep("too small")
	_, err := o.RequestReturn(ReturnRequest{ID: id, Lines: []Units{{"a", n}}}, window, by)
	return err
}

func receive(o *Order, id string, n int, restock bool) ([]StockMove, error) {
	return o.ReceiveReturn(id, ReceivedGoods{Lines: []Units{{"a", n}}, Restock: restock, RefundID: "rfd_" + id}, byStep(""))
}

func TestOrder_RequestReturn(t *testing.T) {
	t.Parallel()
	o := taxed(t, 5, Worth{Net: 500})
	if err := sendBack(o, "1", 3); err != nil {
		t.Fatal(err)
	}
	if err := sendBack(o, "2", 3); CodeOf(err) != CodeReturnExceedsShipped {
		t.Errorf("3 more of 2: %v", err)
	}
	if err := sendBack(o, "2", 2); err != nil || o.ReturnableUnits("a") != 0 {
		t.Errorf("2 more: %v, %d left", err, o.ReturnableUnits("a"))
	}
	if err := o.RefuseReturn("2", By{At: noon, Message: "The goods are worn."}); err != nil || o.ReturnableUnits("a") != 2 {
		t.Errorf("refused: %v, %d left", err, o.ReturnableUnits("a"))
	}
	if _, err := receive(o, "1", 1, true); err != nil || o.ReturnableUnits("a") != 4 { // 2 were not in the parcel
		t.Errorf("received 1: %v, %d left", err, o.ReturnableUnits("a"))
	}
	for _, c := range o.Timeline {
		if c.Reason == "too small" {
			t.Errorf("the customer's words are published: %+v", c)
		}
	}
}

func TestOrder_RequestReturn_refuses(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 2, usd(100))))
	if err != nil {
		t.Fatal(err)
	}
	play(o, "confirm, capture, request, dispatch")
	if err := sendBack(o, "1", 1); CodeOf(err) != CodeInvalidState {
		t.Errorf("not delivered: %v", err)
	}
	play(o, "fulfil")
	ended := o.UpdatedTo(Fulfilled)
	for _, tt := range []struct {
		lines []Units
		after time.Duration
		want  Code
	}{
		{[]Units{{"a", 1}}, window + time.Nanosecond, CodeReturnTooLate}, {[]Units{{"a", 0}}, 0, CodeReturnExceedsShipped},
		{[]Units{{"b", 1}}, 0, CodeReturnExceedsShipped}, {[]Units{{"a", 1}, {"a", 2}}, 0, CodeReturnExceedsShipped},
		{[]Units{{"a", 1}, {"a", 1}}, window, ""},
	} {
		by := By{At: ended.Add(tt.after)}
		if _, err := o.RequestReturn(ReturnRequest{ID: "1", Lines: tt.lines}, window, by); CodeOf(err) != tt.want {
			t.Errorf("%v after %s: %v, want %q", tt.lines, tt.after, err, tt.want)
		}
	}
}

// Restocked goods go back to the warehouses that shipped them, never more than each has shipped.
func TestOrder_ReceiveReturn_warehouses(t *testing.T) {
	t.Parallel()
	o := taxed(t, 5, Worth{Net: 500, Tax: 50, Shipping: 100})
	o.Holds = []StockHold{{SKU: "a", Quantity: 2}, {SKU: "a", Warehouse: "east", Quantity: 3}}
	for _, tt := range []struct {
		id    string
		units int
		want  []StockMove // nil: the goods are not restocked
	}{
		{"1", 1, []StockMove{{SKU: "a", Kind: TakeBack, Quantity: 1}}},
		{"2", 3, []StockMove{{SKU: "a", Kind: TakeBack, Quantity: 1},
			{SKU: "a", Kind: TakeBack, Quantity: 2, Warehouse: "east"}}},
		{"3", 1, nil},
	} {
		if err := sendBack(o, tt.id, tt.units); err != nil {
			t.Fatal(err)
		}
		if moves, err := receive(o, tt.id, tt.units, tt.want != nil); err != nil || !slices.Equal(moves, tt.want) {
			t.Errorf("return %s: moves %v, %v; want %v", tt.id, moves, err, tt.want)
		}
	}
}

// Received goods are refunded once and restocked if they can be sold: a shipped unit is not
// restocked without a receipt, and one that was refunded before is not refunded again.
func TestOrder_ReceiveReturn(t *testing.T) {
	t.Parallel()
	o := taxed(t, 4, Worth{Net: 400, Tax: 40, Shipping: 100})
	if _, err := ask(o, unitsOfA(2)); err != nil {
		t.Fatal(err)
	}
	if err := sendBack(o, "1", 3); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(o, "1", 4, true); CodeOf(err) != CodeReturnExceedsShipped {
		t.Errorf("4 of 3: %v", err)
	}
	moves, err := receive(o, "1", 3, true)
	if err != nil || len(moves) != 1 || moves[0] != (StockMove{SKU: "a", Kind: TakeBack, Quantity: 3}) {
		t.Errorf("moves %v, %v", moves, err)
	}
	r := o.FindRefund("rfd_1")
	if r == nil || r.ReturnID != "1" || r.Worth != (Worth{Net: 200, Tax: 20}) || o.FindReturn("1").RefundID != r.ID {
		t.Errorf("refund %+v", r)
	}
	before := o.Sequence
	if moves, err := receive(o, "1", 3, true); err != nil || moves != nil || o.Sequence != before {
		t.Errorf("received again: %v, %v", moves, err)
	}
	if _, err := receive(o, "1", 2, true); CodeOf(err) != CodeInvalidState {
		t.Errorf("received otherwise: %v", err)
	}
	if err := o.RefuseReturn("1", byStep("")); CodeOf(err) != CodeInvalidState {
		t.Errorf("refused after the receipt: %v", err)
	}
	if err := sendBack(o, "2", 1); err != nil {
		t.Fatal(err)
	}
	if moves, err := receive(o, "2", 1, false); err != nil || moves != nil || len(o.Refunds) != 2 {
		t.Errorf("damaged goods: %v, %v, %d refunds", moves, err, len(o.Refunds))
	}
	if _, err := receive(o, "9", 1, false); CodeOf(err) != CodeNotFound {
		t.Errorf("an unknown return: %v", err)
	}
}
