package api

import (
	"slices"
	"testing"
)

// Each redrive has a token of its own: under the token of the one before it would not happen. Asked twice for one failure, it is the same.
func TestOpsRedriveOrder_tokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	e := f.failedExecution(id)
	for count := range 3 {
		e.Redrivable, e.RedriveCount = true, count
		f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"again"}`).expect(202, "")
		e.RedriveCount = count // the other operator had looked before
		f.post(&operator, "/ops/orders/"+id+"/redrive", `{"reason":"again"}`).expect(202, "")
	}
	if want := []string{id + "-0", id + "-1", id + "-2"}; !slices.Equal(e.tokens, want) {
		t.Errorf("redriven under %v", e.tokens)
	}
}
