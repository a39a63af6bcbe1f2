package api

import (
	"errors"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestOpsRestartOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	path, reason := "/ops/orders/"+id+"/restart", `{"reason":"answered by hand"}`
	e := f.failedExecution(id)
	f.post(&ada, path, reason).expect(403, "OperatorsOnly")
	f.post(&operator, path, `{}`).expect(422, "InvalidRequest")
	res := f.post(&operator, path, reason).expect(202, "")
	if want := `{"orderId":"` + id + `","status":"PLACED","execution":"` + id + `-2"}`; string(res.body) != want {
		t.Errorf("got %s, want %s", res.body, want)
	}
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Attention != nil || last.Actor != "operator:olga" || last.Reason != "answered by hand" {
		t.Errorf("got %+v", o)
	}
	if f.executions[id+"-2"] == nil || e.RedriveCount != 0 {
		t.Errorf("got %v", f.executions)
	}
	f.post(&operator, path, reason).expect(409, "NotRestartable") // the new execution runs
	if got := decoded[opsOrderView](f.get(&operator, "/ops/orders/"+id).expect(200, "")).Execution; got.Status != "RUNNING" {
		t.Errorf("the order's view has the execution %+v", got)
	}
	f.changeOrder(id, func(o *orderflow.Order) {
		must(t, o.Close(orderflow.By{At: noon, Actor: "step:close", Reason: "OutOfStock"}))
	})
	delete(f.executions, id+"-2")
	f.post(&operator, path, reason).expect(409, "NotRestartable") // the order has ended
}

// If the start fails, the order is restarted all the same: the reconciler starts what is missing.
func TestOpsRestartOrder_startFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.startFails = errors.New("throttled")
	f.post(&operator, "/ops/orders/"+id+"/restart", `{"reason":"lost"}`).expect(202, "")
	if o, err := f.load(id); err != nil || o.Restarts != 1 {
		t.Errorf("got %+v, %v", o, err)
	}
}
