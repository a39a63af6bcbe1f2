package orderflow

import (
	"testing"
	"time"
)

func TestOrder_NoteRedrive(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	by := By{At: at, Actor: "operator:olga", Reason: "The provider is back."}
	marked := func(count int) *Attention {
		return &Attention{Code: "PaymentUnavailable", ExecutionARN: "arn", RedriveCount: count}
	}
	for _, tt := range []struct {
		name      string
		status    Status
		attention *Attention
		stays     bool
	}{
		{"marked", Confirmed, marked(1), false},
		{"the mark was taken away before", Confirmed, nil, false},
		{"it has failed again", Confirmed, marked(2), true},
		{"it has ended", Fulfilled, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := &Order{Status: tt.status, Attention: tt.attention}
			o.NoteRedrive(1, by)
			if (o.Attention != nil) != tt.stays || len(o.Timeline) != 1 {
				t.Fatalf("got %+v", o)
			}
			if c := o.Timeline[0]; c.Actor != by.Actor || c.Reason != by.Reason || c.Attention != tt.stays ||
				c.Sequence != 1 || c.Type != OrderAttentionChanged {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestExecutionStatus_Failed(t *testing.T) {
	t.Parallel()
	for status, want := range map[ExecutionStatus]bool{
		ExecutionRunning: false, ExecutionSucceeded: false, ExecutionFailed: true, ExecutionTimedOut: true,
		ExecutionAborted: true, "PENDING_REDRIVE": false,
	} {
		if got := status.Failed(); got != want {
			t.Errorf("%s: %v", status, got)
		}
	}
}
