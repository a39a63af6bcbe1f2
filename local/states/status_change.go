package states

import (
	"encoding/json"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// StatusChange is a "Step Functions Execution Status Change" event (source aws.states) for the
// default event bus.
type StatusChange struct {
	ID         string // of the event: the same when it is published again
	Source     string
	DetailType string
	Time       time.Time
	Resources  []string
	Detail     json.RawMessage
}

// statusDetail is the event's detail; absent values are null.
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

// maxEventData is the maximum size of inputs and outputs in events; larger ones are left out (248
// KiB, EventBridge guide).
const maxEventData = 248 << 10

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

// storedChange is an event that waits to be published. Its id is derived from its place in the
// outbox when it is published.
type storedChange struct {
	Time   int64
	Detail statusDetail
}

func (s *Service) statusDetail(r *run, status asl.Status, events []asl.Event) statusDetail {
	e := &r.rec
	d := statusDetail{
		ExecutionARN:    s.arns.execution(e.Machine, e.Name),
		StateMachineARN: s.arns.machine(e.Machine),
		Name:            e.Name,
		Status:          status,
		StartDate:       int64(e.Start), RedriveCount: e.RedriveCount, RedriveStatus: "NOT_REDRIVABLE",
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
