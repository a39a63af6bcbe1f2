package api

import (
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func TestOpsListStuck(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	oldest, second, ended := f.placedBy(&ada), f.placedBy(&bob), f.placedBy(&ada)
	f.changeOrder(second, func(o *orderflow.Order) {
		o.MarkAttention(orderflow.Attention{Code: "Internal", Since: f.now}, by("step:watch"))
	})
	f.changeOrder(ended, func(o *orderflow.Order) {
		o.Cancel = &orderflow.CancelRequest{}
		must(t, o.Close(by("step:close")))
	})
	f.advance(15 * time.Minute)
	f.placedBy(&ada) // too young
	type list struct {
		Orders []stuckView
		More   bool
	}
	got := decoded[list](f.get(&operator, "/ops/stuck").expect(200, ""))
	if len(got.Orders) != 2 || got.More || got.Orders[0].OrderID != oldest || got.Orders[0].WaitsFor != orderflow.WaitsForStep ||
		got.Orders[1].OrderID != second || got.Orders[1].WaitsFor != orderflow.WaitsForOperator || got.Orders[1].Attention.Code != "Internal" {
		t.Errorf("got %+v", got)
	}
	if got := decoded[list](f.get(&operator, "/ops/stuck?olderThan=0&limit=1").expect(200, "")); len(got.Orders) != 1 || !got.More {
		t.Errorf("got %+v", got)
	}
	f.get(&operator, "/ops/stuck?olderThan=-1").expect(400, "InvalidParameter")
	f.get(&operator, "/ops/stuck?olderThan=soon").expect(400, "InvalidParameter")
}
