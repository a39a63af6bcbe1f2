package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const arn = "arn:aws:states:us-east-1:000000000000:execution:m:ord_1"

// history returns the same failed step for every execution.
type history struct {
	step  string
	ended bool
}

func (h history) FailedStep(context.Context, string) (string, bool, error) {
	return h.step, h.ended, nil
}

func change(t *testing.T, status string, redriveCount int, code, cause string) StatusChange {
	t.Helper()
	quoted, err := json.Marshal(cause)
	if err != nil {
		t.Fatal(err)
	}
	if cause == "" {
		quoted = []byte("null")
	}
	raw := fmt.Sprintf(`{"source":"aws.states","detail":{"executionArn":%q,"name":"ord_1","status":%q,"redriveCount":%d,"error":%s,"cause":%s,"output":null}}`,
		arn, status, redriveCount, map[bool]string{true: "null", false: `"` + code + `"`}[code == ""], quoted)
	var e StatusChange
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWatch_Handle(t *testing.T) {
	t.Parallel()
	const cause = `{"errorMessage":"PaymentUnavailable: not now","errorType":"PaymentUnavailable"}`
	for _, tt := range []struct {
		name   string
		events func(t *testing.T) []StatusChange
		ended  bool // according to the history
		want   string
		alerts int
	}{
		{"failed", func(t *testing.T) []StatusChange {
			return []StatusChange{change(t, "FAILED", 0, "PaymentUnavailable", cause)}
		}, true,
			"PaymentUnavailable: PaymentUnavailable: not now at ChargePayment 0", 1},
		{"told twice", func(t *testing.T) []StatusChange {
			e := change(t, "FAILED", 0, "PaymentUnavailable", cause)
			return []StatusChange{e, e}
		}, true, "PaymentUnavailable: PaymentUnavailable: not now at ChargePayment 0", 2}, // with one dedupe id
		{"redriven", func(t *testing.T) []StatusChange {
			return []StatusChange{change(t, "FAILED", 0, "X", "c"), change(t, "RUNNING", 1, "", "")}
		}, true, "", 1},
		{"failed again, the news of the redrive late", func(t *testing.T) []StatusChange {
			return []StatusChange{
				change(t, "FAILED", 0, "X", "c"), change(t, "FAILED", 1, "Y", "d"), change(t, "RUNNING", 1, "", ""),
			}
		}, true, "Y: d at ChargePayment 1", 2},
		{
			"the news of the failure late",
			func(t *testing.T) []StatusChange { return []StatusChange{change(t, "FAILED", 0, "X", "c")} }, false, "",
			0,
		},
		{"timed out", func(t *testing.T) []StatusChange { return []StatusChange{change(t, "TIMED_OUT", 0, "", "")} },
			true,
			"States.Timeout: the execution took too long at ChargePayment 0", 1},
		{
			"aborted", func(t *testing.T) []StatusChange { return []StatusChange{change(t, "ABORTED", 0, "", "")} },
			true, "ExecutionAborted:  at ChargePayment 0", 1,
		},
		{
			"succeeded",
			func(t *testing.T) []StatusChange { return []StatusChange{change(t, "SUCCEEDED", 0, "", "")} }, true, "",
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, out := newStore(), &outbox{}
			place(t, s, 1, 3, "card")
			w := Watch{Orders: s, Alerts: out, History: history{"ChargePayment", tt.ended}, Now: at(start)}
			for _, e := range tt.events(t) {
				if _, err := w.Handle(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			if a := s.load(t, "ord_1").Attention; a != nil {
				got = fmt.Sprintf("%s: %s at %s %d", a.Code, a.Message, a.Step, a.RedriveCount)
			}
			if got != tt.want || len(out.alerts) != tt.alerts {
				t.Errorf("attention %q, want %q; alerts %+v", got, tt.want, out.alerts)
			}
		})
	}
}

func TestWatch_Handle_alertLost(t *testing.T) {
	t.Parallel()
	s, out := newStore(), &outbox{err: errLost}
	place(t, s, 1, 3, "card")
	w := Watch{Orders: s, Alerts: out, History: history{"ChargePayment", true}, Now: at(start)}
	if _, err := w.Handle(t.Context(), change(t, "FAILED", 0, "X", "c")); err == nil {
		t.Fatal("a lost alert succeeded")
	}
	out.err = nil
	got, err := w.Handle(t.Context(), change(t, "FAILED", 0, "X", "c"))
	if err != nil || !got.Changed || len(out.alerts) != 2 || out.alerts[0].DedupeID != out.alerts[1].DedupeID {
		t.Errorf("%+v, %v, alerts %+v", got, err, out.alerts)
	}
}

// A conflict does not send a second alert.
func TestWatch_Handle_conflict(t *testing.T) {
	t.Parallel()
	s, out := newStore(), &outbox{}
	place(t, s, 1, 3, "card")
	first := true
	s.beforeCommit = func(context.Context) error {
		if first {
			first = false
			return s.change("ord_1", cancelled)
		}
		return nil
	}
	got, err := Watch{
		Orders: s, Alerts: out, History: history{"ChargePayment", true}, Now: at(start),
	}.Handle(t.Context(), change(t, "FAILED", 0, "X", "c"))
	if err != nil || !got.Changed || len(out.alerts) != 1 || s.load(t, "ord_1").Attention == nil {
		t.Errorf("%+v, %v, alerts %+v", got, err, out.alerts)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"errorMessage":"m","errorType":"t"}`: "m",
		"plain":                                "plain",
		`{"other":1}`:                          `{"other":1}`,
		strings.Repeat("é", 600):               strings.Repeat("é", 500),
	} {
		if got := message(in); got != want {
			t.Errorf("message(%.20q) = %.20q", in, got)
		}
	}
}
