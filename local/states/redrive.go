package states

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// The periods of RedriveExecution (developer guide, "Redriving executions").
const (
	redrivablePeriod = 14 * 24 * time.Hour
	maxExecution     = 365 * 24 * time.Hour
	tokenPeriod      = 15 * time.Minute
	keptTokens       = 10
)

// RedriveExecutionInput is the request of RedriveExecution.
type RedriveExecutionInput struct {
	ExecutionARN string `json:"executionArn"`
	// ClientToken has 1-64 printable characters. The same token again within 15 minutes is a no-op.
	ClientToken string `json:"clientToken,omitempty"`
}

// RedriveExecutionOutput is the answer of RedriveExecution.
type RedriveExecutionOutput struct {
	RedriveDate Millis `json:"redriveDate"`
}

// RedriveExecution continues an execution that did not succeed, at the states that did not succeed,
// with the definition with which it started.
func (s *Service) RedriveExecution(_ context.Context, in RedriveExecutionInput) (RedriveExecutionOutput, error) {
	return inside(s, in, s.redriveExecution)
}

func (s *Service) redriveExecution(in RedriveExecutionInput) (out RedriveExecutionOutput, err error) {
	if err := checkClientToken(in.ClientToken); err != nil {
		return out, err
	}
	e, err := s.execution(in.ExecutionARN)
	if err != nil {
		return out, err
	}
	r, err := s.acquire(e.ID)
	if err != nil {
		return out, err
	}
	defer r.release()
	now := millis(s.clock.Now())
	for _, t := range r.rec.RedriveTokens {
		if t.Token == in.ClientToken && now-t.Date < Millis(tokenPeriod.Milliseconds()) {
			return RedriveExecutionOutput{t.Date}, nil
		}
	}
	status, reason, err := s.redriveStatus(&r.rec)
	if err != nil {
		return out, err
	}
	if status != "REDRIVABLE" {
		return out, notRedrivable(in.ExecutionARN, reason)
	}
	if err := r.redrive(now, in.ClientToken); err != nil {
		if errors.Is(err, asl.ErrNotRedrivable) {
			return out, notRedrivable(in.ExecutionARN, err.Error())
		}
		return out, err
	}
	return RedriveExecutionOutput{now}, nil
}

// redrive performs the step and moves the execution from the closed to the running ones.
func (r *run) redrive(now Millis, token string) error {
	s, old := r.s, r.rec
	e := &r.rec
	e.Status, e.Stop, e.Error, e.Cause, e.Reason = asl.Running, 0, nil, nil, ""
	e.RedriveCount, e.RedriveDate = e.RedriveCount+1, now
	if token != "" {
		e.RedriveTokens = append(slices.Clone(e.RedriveTokens), redriveToken{token, now})
		e.RedriveTokens = e.RedriveTokens[max(0, len(e.RedriveTokens)-keptTokens):]
	}
	runs := e.rank()
	s.running.add(e.Machine, runs)
	err := r.take(asl.Redrive{}, func(b *store.Batch) {
		if e.Status == asl.Running { // it may have ended at once, and is then recorded
			b.Set(executionKey(e.ID), e.encode(nil))
		}
		if old.Status != e.Status || old.Stop != e.Stop {
			b.Delete(listKey(e.Machine, statusCode(old.Status), old.rank()))
		}
	})
	if err != nil {
		r.rec = old
		s.running.remove(e.Machine, runs)
		s.timers.set(e.ID, 0)
	}
	return err
}

// redriveStatus reports whether an execution can be redriven, and if not, why.
func (s *Service) redriveStatus(e *execution) (status, reason string, err error) {
	const not = "NOT_REDRIVABLE"
	if e.Status == asl.Running || e.Status == asl.Succeeded {
		return not, "Execution is " + string(e.Status) + " and cannot be redriven", nil
	}
	if !e.Redrivable {
		return not, e.Reason, nil
	}
	now := s.clock.Now()
	if now.Sub(e.Start.Time()) >= maxExecution {
		return not, "Execution has exceeded the max execution time", nil
	}
	if now.Sub(e.Stop.Time()) > redrivablePeriod {
		return not, "Execution redrivable period exceeded", nil
	}
	m, err := s.machineRecord(e.Machine)
	if err != nil {
		return "", "", err
	}
	if m == nil || m.Status == deleting {
		return not, "State machine is in DELETING status", nil
	}
	return "REDRIVABLE", "", nil
}

func checkClientToken(token string) error {
	if len(token) > 64 {
		return validation("Value at 'clientToken' failed to satisfy constraint: " +
			"Member must have length less than or equal to 64")
	}
	for _, c := range []byte(token) {
		if c < '!' || c > '~' {
			return validation("Value at 'clientToken' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [!-~]+")
		}
	}
	return nil
}
