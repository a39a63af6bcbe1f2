package cloud

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	audit := &Audit{DB: localDB(t), Table: "audit", Now: func() time.Time { return noon }}
	var ids []string // newest first
	for _, age := range []time.Duration{0, time.Hour, 40 * 24 * time.Hour, 41 * 24 * time.Hour, 200 * 24 * time.Hour} {
		act, err := orderflow.NewAct(noon.Add(-age), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		act.Actor, act.Operation, act.Path, act.Reason = "operator:olga", "OpsRedriveOrder", "/ops/orders/ord_1/redrive", "it is back"
		if err := audit.SaveAct(t.Context(), act); err != nil {
			t.Fatal(err)
		}
		act.Outcome = orderflow.ActDone
		if err := audit.SaveAct(t.Context(), act); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, act.ID)
	}
	for _, limit := range []int{1, 2, 3, 5, 9} {
		var got []string
		for after, pages := "", 0; ; pages++ {
			acts, next, err := audit.ListActs(t.Context(), after, limit)
			if err != nil || len(acts) > limit || pages > 6 {
				t.Fatalf("%v, %v", acts, err)
			}
			for _, a := range acts {
				got = append(got, a.ID)
				if a.Outcome != orderflow.ActDone || a.Actor != "operator:olga" || a.At.IsZero() {
					t.Errorf("%+v", a)
				}
			}
			if after = next; next == "" {
				break
			}
		}
		if len(got) != len(ids) {
			t.Fatalf("limit %d: %v", limit, got)
		}
		for i := range ids {
			if got[i] != ids[i] {
				t.Errorf("limit %d: %v, want %v", limit, got, ids)
			}
		}
	}
	if _, _, err := audit.ListActs(t.Context(), "nonsense", 1); err == nil {
		t.Error("listed after nonsense")
	}
}
