package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// shop answers each action with the next of an order's answers, and a read with its state.
type shop struct {
	refuse func(orderID string, attempt int) error
	look   func(orderID string, after time.Duration) client.OpsOrder // after the action
	acted  []string
	at     map[string]time.Time
}

func (s *shop) Act(_ context.Context, id, action, _ string) error {
	s.acted = append(s.acted, id)
	attempt := 0
	for _, other := range s.acted {
		if other == id {
			attempt++
		}
	}
	if s.refuse != nil {
		if err := s.refuse(id, attempt); err != nil {
			return err
		}
	}
	s.at[id] = time.Now()
	return nil
}

func (s *shop) Look(_ context.Context, id string) (client.OpsOrder, error) {
	return s.look(id, time.Since(s.at[id])), nil
}

// execution returns an order whose execution has the status.
func execution(status orderflow.ExecutionStatus, waitingAt string) client.OpsOrder {
	o := client.OpsOrder{Execution: &client.Execution{}, WaitingAt: waitingAt}
	o.Execution.Status = status
	if status.Failed() {
		o.Attention = []byte(`{"code":"X"}`)
	}
	return o
}

func items(n int) (list []*Item) {
	for i := range n {
		list = append(list, &Item{OrderID: fmt.Sprintf("ord_%d", i)})
	}
	return list
}

func outcomes(list []*Item) (all []Outcome) {
	for _, item := range list {
		all = append(all, item.Outcome)
	}
	return all
}

var redrive = Plan{Action: "redrive", Reason: "try", First: 2, Rate: 10, Patience: 10 * time.Second}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{at: map[string]time.Time{}, look: func(id string, after time.Duration) client.OpsOrder {
			switch {
			case id == "ord_3":
				return execution(orderflow.ExecutionFailed, "")
			case after < 2*time.Second:
				return execution(orderflow.ExecutionRunning, "")
			case id == "ord_4":
				return execution(orderflow.ExecutionRunning, "RequestShipment")
			}
			return execution(orderflow.ExecutionSucceeded, "")
		}}
		s.refuse = func(id string, attempt int) error {
			switch {
			case id == "ord_2":
				return &client.Problem{Status: 409, Code: "NotRedrivable", Detail: "it is too old"}
			case id == "ord_1" && attempt < 3:
				return &client.Problem{Status: 429}
			}
			return nil
		}
		list, changes := items(6), 0
		began := time.Now()
		if err := redrive.Run(t.Context(), s, list, func() { changes++ }); err != nil {
			t.Fatal(err)
		}
		if got, want := outcomes(list), []Outcome{Recovered, Recovered, Refused, FailedAgain, Recovered, Recovered}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if list[2].Why != "409 NotRedrivable: it is too old" || changes < 6 {
			t.Errorf("got %+v after %d changes", list[2], changes)
		}
		// two throttled attempts, the first orders, four at ten a second, and the last ones
		if took := time.Since(began); took < 8*time.Second || took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestRun_stopsAfterTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{at: map[string]time.Time{}, look: func(string, time.Duration) client.OpsOrder {
			return execution(orderflow.ExecutionFailed, "")
		}}
		list := items(5)
		if err := redrive.Run(t.Context(), s, list, func() {}); !errors.Is(err, ErrFirstFailed) {
			t.Errorf("got %v", err)
		}
		if got, want := outcomes(list), []Outcome{FailedAgain, FailedAgain, "", "", ""}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestRun_patienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{at: map[string]time.Time{}, look: func(string, time.Duration) client.OpsOrder {
			return execution(orderflow.ExecutionRunning, "")
		}}
		list := items(3)
		if err := redrive.Run(t.Context(), s, list, func() {}); err != nil {
			t.Fatal(err)
		}
		if Count(list, Pending) != 3 {
			t.Errorf("got %v", outcomes(list))
		}
	})
}

func TestRun_ends(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"signed out": &client.Problem{Status: 401}, "no answer": errors.New("connection refused")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shop{at: map[string]time.Time{}, refuse: func(string, int) error { return err }}
			if got := redrive.Run(t.Context(), s, items(3), func() {}); !errors.Is(got, err) || len(s.acted) != 1 {
				t.Errorf("got %v after %v", got, s.acted)
			}
		})
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	marked, cancelled := client.OpsOrder{}, execution(orderflow.ExecutionSucceeded, "")
	marked.Attention = []byte(`{"code":"X"}`)
	cancelled.Status = orderflow.Cancelled
	acknowledged, unmarked := execution(orderflow.ExecutionFailed, ""), execution(orderflow.ExecutionFailed, "")
	acknowledged.Attention, unmarked.Attention = nil, nil
	for name, tt := range map[string]struct {
		action string
		order  client.OpsOrder
		want   Outcome
	}{
		"redriven, being redriven": {"redrive", execution("PENDING_REDRIVE", ""), Pending},
		"redriven, aborted":        {"redrive", execution(orderflow.ExecutionAborted, ""), FailedAgain},
		"cancelled, failed before": {"cancel", execution(orderflow.ExecutionFailed, ""), Pending},
		"cancelled":                {"cancel", cancelled, Recovered},
		"redriven, not yet marked": {"redrive", unmarked, Pending},
		"acknowledged":             {"acknowledge", acknowledged, Recovered},
		"acknowledged in vain":     {"acknowledge", marked, FailedAgain},
	} {
		if got := outcomeOf(tt.action, tt.order); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}
