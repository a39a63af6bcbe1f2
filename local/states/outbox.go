package states

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"orderflow/local/asl"
	"orderflow/local/store"
)

// StatusChange is a "Step Functions Execution Status Change" event (source aws.states) for the default event bus.
type StatusChange struct {
	ID         string // of the event: the same when it is published again
	Source     string
	DetailType string
	Time       time.Time
	Resources  []string
	Detail     json.RawMessage
}

// statusDetail is the event's detail; what is absent is null.
type statusDetail struct {
	ExecutionARN           string       `json:"executionArn"`
	StateMachineARN        string       `json:"stateMachineArn"`
	Name                   string       `json:"name"`
	Status                 asl.Status   `json:"status"`
	StartDate              int64        `json:"startDate"`
	StopDate               *int64       `json:"stopDate"`
	Input                  *string      `json:"input"`
	Output                 *string      `json:"output"`
	StateMachineVersionARN *string      `json:"stateMachineVersionArn"`
	StateMachineAliasARN   *string      `json:"stateMachineAliasArn"`
	RedriveCount           int          `json:"redriveCount"`
	RedriveDate            *int64       `json:"redriveDate"`
	RedriveStatus          string       `json:"redriveStatus"`
	RedriveStatusReason    *string      `json:"redriveStatusReason"`
	InputDetails           *dataDetails `json:"inputDetails"`
	OutputDetails          *dataDetails `json:"outputDetails"`
	Error                  *string      `json:"error"`
	Cause                  *string      `json:"cause"`
}

// maxEventData: larger inputs and outputs are left out of events (248 KiB, event bridge guide).
const maxEventData = 248 << 10

// outbox publishes status changes that were written with the step that made them, in order, until each was taken.
type outbox struct {
	s    *Service
	wake chan struct{}

	mu      sync.Mutex
	last    uint64
	pending []uint64
}

func newOutbox(s *Service) (*outbox, error) {
	o := &outbox{s: s, wake: make(chan struct{}, 1)}
	for p, err := range s.store.Scan(outboxKeys, outboxKeys.End()) {
		if err != nil {
			return nil, err
		}
		o.last = lastUint(p.Key)
		o.pending = append(o.pending, o.last)
	}
	return o, nil
}

// notices adds the events of a step's status changes to its batch.
func (s *Service) notices(b *store.Batch, r *run, events []asl.Event, ended bool) (sequences []uint64) {
	if s.opt.Publish == nil {
		return nil
	}
	put := func(d statusDetail, at time.Time) {
		data, err := json.Marshal(storedChange{at.UnixMilli(), d})
		if err != nil {
			s.log.Error("encode status change", "execution", r.rec.Name, "error", err)
			return
		}
		n := s.outbox.next()
		b.Set(outboxKey(n), data)
		sequences = append(sequences, n)
	}
	if len(events) > 0 {
		if t := events[0].Type; t == asl.EventExecutionStarted || t == asl.EventExecutionRedriven {
			put(s.statusDetail(r, asl.Running, events), events[0].Time)
		}
	}
	if ended {
		put(s.statusDetail(r, r.rec.Status, events), r.rec.Stop.Time())
	}
	return sequences
}

// storedChange is an event that waits to be published. Its id is made when it is published: from its place in the outbox.
type storedChange struct {
	Time   int64
	Detail statusDetail
}

func (s *Service) statusDetail(r *run, status asl.Status, events []asl.Event) statusDetail {
	e := &r.rec
	d := statusDetail{
		ExecutionARN: s.arns.execution(e.Machine, e.Name), StateMachineARN: s.arns.machine(e.Machine), Name: e.Name, Status: status,
		StartDate: int64(e.Start), RedriveCount: e.RedriveCount, RedriveStatus: "NOT_REDRIVABLE",
	}
	if events[0].Type == asl.EventExecutionStarted {
		d.setInput(events[0].Input)
	} else if first, err := s.firstEvent(e.ID); err == nil {
		d.setInput(first.Input)
	} else {
		s.log.Error("read input for status change", "execution", e.Name, "error", err)
	}
	if e.RedriveDate != 0 {
		date := int64(e.RedriveDate)
		d.RedriveDate = &date
	}
	if status == asl.Running {
		if e.RedriveCount > 0 {
			d.RedriveStatus = "REDRIVE_IN_PROGRESS"
		} else {
			d.RedriveStatusReason = text("Execution is RUNNING and cannot be redriven")
		}
		return d
	}
	stop := int64(e.Stop)
	d.StopDate = &stop
	switch {
	case status == asl.Succeeded:
		d.setOutput(events[len(events)-1].Output)
		d.RedriveStatusReason = text("Execution is SUCCEEDED and cannot be redriven")
	case e.Redrivable:
		d.RedriveStatus = "REDRIVABLE"
	default:
		d.RedriveStatusReason = text(e.Reason)
	}
	if status != asl.TimedOut {
		d.Error, d.Cause = e.Error, e.Cause
	}
	return d
}

func text(s string) *string { return &s }

func (d *statusDetail) setInput(input string) {
	if d.InputDetails = (&dataDetails{len(input) <= maxEventData}); d.InputDetails.Included {
		d.Input = &input
	}
}

func (d *statusDetail) setOutput(output string) {
	if d.OutputDetails = (&dataDetails{len(output) <= maxEventData}); d.OutputDetails.Included {
		d.Output = &output
	}
}

func (o *outbox) next() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	return o.last
}

// add queues what is durable now.
func (o *outbox) add(sequences []uint64) {
	if len(sequences) == 0 {
		return
	}
	o.mu.Lock()
	o.pending = append(o.pending, sequences...)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run publishes until ctx is done.
func (o *outbox) run(ctx context.Context) {
	if o.s.opt.Publish == nil {
		return
	}
	const first, longest = 100 * time.Millisecond, 10 * time.Second
	delay := first
	for {
		more, err := o.publish(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			o.s.log.Warn("publish status change", "error", err, "again", delay)
			select {
			case <-o.s.clock.After(delay):
			case <-ctx.Done():
				return
			}
			delay = min(2*delay, longest)
			continue
		case more:
			delay = first
			continue
		}
		delay = first
		select {
		case <-o.wake:
		case <-ctx.Done():
			return
		}
	}
}

// publish takes a few events out of the outbox. Those that were published are deleted even if a later one fails.
func (o *outbox) publish(ctx context.Context) (more bool, err error) {
	const atOnce = 64
	o.mu.Lock()
	list := append([]uint64(nil), o.pending[:min(len(o.pending), atOnce)]...)
	o.mu.Unlock()
	done := 0
	for _, n := range list {
		if err = o.send(ctx, n); err != nil {
			break
		}
		done++
	}
	if done == 0 || !o.s.gate.enter() {
		return false, err
	}
	defer o.s.gate.leave()
	b := o.s.store.NewBatch()
	for _, n := range list[:done] {
		b.Delete(outboxKey(n))
	}
	if cerr := b.Commit(); cerr != nil {
		return false, cerr
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending[:0], o.pending[done:]...)
	return len(o.pending) > 0, err
}

func (o *outbox) send(ctx context.Context, n uint64) error {
	if !o.s.gate.enter() {
		return errClosed
	}
	data, err := o.s.store.Get(outboxKey(n))
	o.s.gate.leave()
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	var c struct {
		Time   int64
		Detail json.RawMessage
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	var d struct {
		ExecutionARN string `json:"executionArn"`
	}
	if err := json.Unmarshal(c.Detail, &d); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	return o.s.opt.Publish(ctx, StatusChange{
		ID: derivedUUID(n, uint64(c.Time)), Source: "aws.states", DetailType: "Step Functions Execution Status Change",
		Time: time.UnixMilli(c.Time).UTC(), Resources: []string{d.ExecutionARN}, Detail: c.Detail,
	})
}
