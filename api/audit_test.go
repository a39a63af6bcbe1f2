package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// audit keeps acts in memory.
type audit struct {
	mu     sync.Mutex
	acts   []orderflow.Act // oldest first
	broken error
}

func (a *audit) SaveAct(_ context.Context, act *orderflow.Act) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return a.broken
	}
	if i := slices.IndexFunc(a.acts, func(old orderflow.Act) bool { return old.ID == act.ID }); i >= 0 {
		a.acts[i] = *act
		return nil
	}
	a.acts = append(a.acts, *act)
	return nil
}

func (a *audit) ListActs(_ context.Context, after string, limit int) (acts []orderflow.Act, next string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, act := range slices.Backward(a.acts) {
		if after != "" && act.ID >= after {
			continue
		}
		if len(acts) == limit {
			return acts, acts[limit-1].ID, nil
		}
		acts = append(acts, act)
	}
	return acts, "", nil
}

// TestAudit: what operators change is kept with its reason and outcome, and before it is carried out. What
// they read and what a dry run says is not.
func TestAudit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.get(&operator, "/ops/orders/"+id).expect(200, "")
	f.post(&operator, "/ops/jobs", `{"action":"redrive","orderIds":["`+id+`"],"reason":"why","dryRun":true}`, "Idempotency-Key: dry-run-1").expect(200, "")
	f.post(&ada, "/ops/orders/"+id+"/cancel", `{"reason":"not mine"}`).expect(403, "OperatorsOnly")
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	if len(f.audit.acts) > 0 {
		t.Fatalf("kept: %+v", f.audit.acts)
	}
	f.post(&operator, "/ops/orders/"+id+"/cancel", `{"reason":"the customer called"}`).expect(202, "")
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"why not"}`)
	f.post(&operator, "/ops/orders/"+id+"/cancel", `{"reason":7}`).expect(422, "InvalidRequest")
	f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"`+strings.Repeat("é", 9000)+`"}`).expect(422, "InvalidRequest")
	if last := f.audit.acts[len(f.audit.acts)-1]; last.Reason != strings.Repeat("é", maxReason) {
		t.Errorf("a long reason was kept with %d bytes", len(last.Reason))
	}
	f.audit.acts = f.audit.acts[:len(f.audit.acts)-1]
	second := operator
	second.Subject = "ben"
	f.post(&second, "/ops/orders/ord_00000000000000000000000000/cancel", `{"reason":"a slip"}`).expect(404, "NotFound")

	type acts struct {
		Acts []actView
		Next string
	}
	got := decoded[acts](f.get(&operator, "/ops/audit").expect(200, ""))
	var lines []string
	for _, a := range got.Acts {
		lines = append(lines, strings.Join([]string{a.Actor, a.Operation, a.Reason, string(a.Outcome)}, " "))
	}
	want := []string{
		"operator:ben OpsCancelOrder a slip NotFound", "operator:olga OpsCancelOrder  InvalidRequest",
		"operator:olga OpsRedriveOrder why not NotRedrivable", "operator:olga OpsCancelOrder the customer called Done",
	}
	if !slices.Equal(lines, want) || got.Acts[3].Path != "/ops/orders/"+id+"/cancel" {
		t.Errorf("got %q, want %q", lines, want)
	}
	f.post(&operator, "/ops/jobs", `{"action":"redrive","orderIds":["`+id+`"],"reason":"why"}`, "Idempotency-Key: real-run-1").expect(201, "")
	if last := f.audit.acts[len(f.audit.acts)-1]; !strings.HasPrefix(last.Path, "/ops/jobs/job_") {
		t.Errorf("a new job: %+v", last)
	}
	first := decoded[acts](f.get(&operator, "/ops/audit?actor=olga&limit=2").expect(200, ""))
	rest := decoded[acts](f.get(&operator, "/ops/audit?actor=olga&limit=2&cursor="+first.Next).expect(200, ""))
	if len(first.Acts) != 2 || len(rest.Acts) != 2 || rest.Acts[1].Reason != "the customer called" || rest.Next != "" {
		t.Errorf("pages %+v, %+v", first, rest)
	}
	f.get(&operator, "/ops/audit?cursor="+first.Next).expect(400, "InvalidParameter")

	other := f.placedBy(&ada)
	f.audit.broken = errors.New("the table is gone")
	f.post(&operator, "/ops/orders/"+other+"/cancel", `{"reason":"unseen"}`).expect(500, "Internal")
	if o, err := f.load(other); err != nil || o.Cancel != nil {
		t.Errorf("an order was cancelled without a trace: %+v, %v", o.Cancel, err)
	}
}
