package api

import (
	"slices"
	"testing"
)

// Each redrive has its own token: a second redrive under an old token would be a no-op. Two
// requests for one failure have the same token.
func TestOpsRedriveOrder_tokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	e := f.failedExecution(id)
	for count := range 3 {
		e.Redrivable, e.RedriveCount = true, count
		f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"again"}`).expect(202, "")
		e.RedriveCount = count // the other operator read the execution earlier
		f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"again"}`).expect(202, "")
	}
	if want := []string{id + "-0", id + "-1", id + "-2"}; !slices.Equal(e.tokens, want) {
		t.Errorf("redriven under %v", e.tokens)
	}
}
