package tasks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// scripted is a gateway that answers each charge with the next error.
type scripted struct {
	Gateway
	replies []error
	calls   int
}

func (g *scripted) Charge(context.Context, orderflow.Charge) (orderflow.Receipt, error) {
	g.calls++
	return orderflow.Receipt{}, g.replies[g.calls-1]
}

func (g *scripted) Lookup(ctx context.Context, _ orderflow.Payment) (orderflow.Receipt, error) {
	return g.Charge(ctx, orderflow.Charge{})
}

// TestCircuit: calls in a row that settle nothing open it, any answer of the provider closes it, and
// one call in a while is a probe.
func TestCircuit(t *testing.T) {
	t.Parallel()
	down, lost := orderflow.Errorf(orderflow.CodePaymentUnavailable, "down"), context.DeadlineExceeded
	declined := orderflow.Errorf(orderflow.CodePaymentDeclined, "no")
	unknown := orderflow.Errorf(orderflow.CodeNotFound, "no charge")
	spent := &orderflow.KeySpent{Err: down, Proven: true}
	for _, tt := range []struct {
		name    string
		replies []error
		reach   []int // how many calls have reached the provider after each call
		pause   time.Duration
	}{
		{"opens", []error{down, lost, down, lost, down}, []int{1, 2, 3, 4, 5, 5, 5}, 0},
		{"probed, in vain", []error{down, down, down, down, down, down, down}, []int{1, 2, 3, 4, 5, 6, 7}, circuitPause},
		{"probes are not due yet", []error{down, down, down, down, down, down}, []int{1, 2, 3, 4, 5, 5, 6}, circuitPause - 1},
		{"closed by a charge", []error{down, down, down, down, nil, down, down}, []int{1, 2, 3, 4, 5, 6, 7}, 0},
		{"closed by a decline", []error{down, down, down, down, declined, down, down}, []int{1, 2, 3, 4, 5, 6, 7}, 0},
		{"closed by a lookup", []error{down, down, down, down, unknown, down, down}, []int{1, 2, 3, 4, 5, 6, 7}, 0},
		{"closed by proof", []error{down, down, down, down, spent, down, down}, []int{1, 2, 3, 4, 5, 6, 7}, 0},
		{"a probe closes it", []error{down, down, down, down, down, nil, down, down}, []int{1, 2, 3, 4, 5, 6, 7, 8}, circuitPause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := start
			g := &scripted{replies: tt.replies}
			c := &Circuit{Gateway: g, Now: func() time.Time { return now }}
			var reach []int
			for i := range tt.reach {
				var err error
				if i%2 == 0 {
					_, err = c.Charge(t.Context(), orderflow.Charge{})
				} else {
					_, err = c.Lookup(t.Context(), orderflow.Payment{})
				}
				if len(reach) > 0 && g.calls == reach[len(reach)-1] {
					wantCode(t, err, orderflow.CodePaymentUnavailable)
				} else if err != tt.replies[g.calls-1] {
					t.Errorf("call %d: %v", i, err)
				}
				reach = append(reach, g.calls)
				now = now.Add(tt.pause)
			}
			if fmt.Sprint(reach) != fmt.Sprint(tt.reach) {
				t.Errorf("calls that reach the provider: %v, want %v", reach, tt.reach)
			}
		})
	}
}
