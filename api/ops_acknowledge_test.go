package api

import "testing"

func TestOpsAcknowledgeOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	acknowledge := func(c *Caller) *response {
		return f.post(c, "/ops/orders/"+id+"/acknowledge", `{"reason":"The parcel came back."}`)
	}
	acknowledge(&operator).expect(409, "InvalidState")
	f.toCarrier(id)
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	f.notify(dispatched(id)).expect(409, "OrderCancelled")
	acknowledge(&ada).expect(403, "OperatorsOnly")
	if res := acknowledge(&operator).expect(200, ""); string(res.body) != `{"orderId":"`+id+`","status":"PAID"}` {
		t.Errorf("got %s", res.body)
	}
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Attention != nil || last.Actor != "operator:olga" ||
		last.Reason != "The parcel came back." || last.Attention {
		t.Errorf("got %+v", o)
	}
	f.notify(dispatched(id)).expect(409, "OrderCancelled")
	acknowledge(&operator).expect(409, "InvalidState")
	f.post(&operator, "/ops/orders/ord_00000000000000000000000000/acknowledge", `{"reason":"x"}`).expect(404, "NotFound")
	f.post(&operator, "/ops/orders/"+id+"/acknowledge", `{}`).expect(422, "InvalidRequest")
}

// A failed execution is redriven, not acknowledged, as long as the order has not ended.
func TestOpsAcknowledgeOrder_failed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.failedExecution(id)
	f.post(&operator, "/ops/orders/"+id+"/acknowledge", `{"reason":"x"}`).expect(409, "InvalidState")
}

// The attention for a step that failed after the order's end is cleared by the redrive.
func TestOpsRedriveOrder_ended(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	o, err := f.load(id)
	must(t, err)
	must(t, o.Close(by("step:close")))
	f.save(o)
	f.failedExecution(id)
	if o, err := f.load(id); err != nil || o.Attention == nil {
		t.Fatalf("the order needs no attention: %+v, %v", o, err)
	}
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"the topic is back"}`).expect(202, "")
	if o, err := f.load(id); err != nil || o.Attention != nil || o.Timeline[len(o.Timeline)-1].Actor != "operator:olga" {
		t.Errorf("got %+v, %v", o, err)
	}
}
