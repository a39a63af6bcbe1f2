package tasks

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orderflow-dev/orderflow"
)

// Jobs loads and saves operators' jobs and their members.
type Jobs interface {
	// Job returns CodeNotFound if there is none.
	Job(ctx context.Context, id string) (*orderflow.Job, error)
	// SaveJob returns CodeConflict if the job was saved since it was loaded.
	SaveJob(ctx context.Context, j *orderflow.Job) error
	// AddMembers saves new members. One that exists stays as it is.
	AddMembers(ctx context.Context, members []orderflow.JobMember) error
	SaveMembers(ctx context.Context, members []orderflow.JobMember) error
	// ListMembers returns at most limit members by order id, after the order after. next is the value
	// of after for the next page, or "" at the end.
	ListMembers(ctx context.Context, jobID, after string, limit int) (members []orderflow.JobMember, next string, err error)
}

// OrderLists finds orders. They may be slightly out of date.
type OrderLists interface {
	FindOrders(ctx context.Context, f orderflow.OrderFilter, after string, limit int) (orders []*orderflow.Order, next string,
		err error)
	// OrdersByID returns the orders of the ids that exist and can be read.
	OrdersByID(ctx context.Context, ids []string) (map[string]*orderflow.Order, error)
}

// Repair is one step of a job. Repeated, it does nothing twice: a member is saved before the action
// is tried, and a redrive's token names the execution and the redrive.
type Repair struct {
	Jobs       Jobs
	Orders     Orders
	Lists      OrderLists
	Executions interface {
		Starter
		Redriver
	}
	Now Clock
	Log *slog.Logger
}

// RepairInput is the input of a step.
type RepairInput struct {
	JobID string            `json:"jobId"`
	Run   int               `json:"run"`
	Step  orderflow.JobStep `json:"step"`
	Error Outcome           `json:"error,omitzero"` // of the step that failed for good
}

// RepairOutput says what to do next, and how long to wait before it. It is the state machine's
// whole state.
type RepairOutput struct {
	JobID   string            `json:"jobId"`
	Run     int               `json:"run"`
	Next    orderflow.JobStep `json:"next"`
	Seconds int               `json:"seconds"`
}

// How much one step does at most: its function has a minute, and its execution 25,000 events.
const (
	listedPages  = 20
	listedPage   = 99 // with the one that tells of a next page, a full batch of rows
	watchedPages = 25
	watchedPage  = 1000
	actsAtOnce   = 8
)

// Handle does the job's next step. It does nothing for a job that was paused or stopped, and for an
// execution that another one has replaced.
func (r Repair) Handle(ctx context.Context, in RepairInput) (RepairOutput, error) {
	return run(ctx, "repair orders", func() (RepairOutput, error) {
		out := RepairOutput{JobID: in.JobID, Run: in.Run, Next: orderflow.JobEnd}
		j, err := r.Jobs.Job(ctx, in.JobID)
		if err != nil || j.Status != orderflow.JobRunning || j.Run != in.Run {
			return out, err
		}
		var wait time.Duration
		switch {
		case in.Error.Error != "":
			j.Fail(in.Error.Error+": "+in.Error.Cause, r.now())
		case in.Step != j.Step: // the step was done, and its answer was lost
			out.Next = j.Step
			return out, nil
		default:
			wait, err = r.step(ctx, j)
		}
		if err != nil {
			return out, err
		}
		if err := r.Jobs.SaveJob(ctx, j); err != nil {
			return out, err
		}
		if j.Status == orderflow.JobRunning {
			out.Next, out.Seconds = j.Step, int((wait+time.Second-1)/time.Second)
		}
		r.Log.InfoContext(ctx, "job", "jobId", j.ID, "action", j.Action, "status", j.Status, "next", j.Step,
			"members", j.Members, "tally", j.Tally, "note", j.Note)
		return out, nil
	})
}

func (r Repair) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

func (r Repair) step(ctx context.Context, j *orderflow.Job) (time.Duration, error) {
	switch j.Step {
	case orderflow.JobFreeze:
		return 0, r.list(ctx, j)
	case orderflow.JobAct:
		return r.act(ctx, j)
	}
	return r.watch(ctx, j)
}

// list lists the members, so that what the selection finds later does not matter.
func (r Repair) list(ctx context.Context, j *orderflow.Job) error {
	if ids := slices.Compact(slices.Sorted(slices.Values(j.Selection.OrderIDs))); len(ids) > 0 {
		j.Listed(len(ids), "", r.now())
		return r.Jobs.AddMembers(ctx, r.members(j, ids))
	}
	for range listedPages {
		limit := min(listedPage, orderflow.MaxJobMembers-j.Members)
		orders, next, err := r.Lists.FindOrders(ctx, j.Selection.OrderFilter, j.Cursor, limit)
		if err != nil {
			return err
		}
		ids := make([]string, len(orders))
		for i, o := range orders {
			ids[i] = o.ID
		}
		if err := r.Jobs.AddMembers(ctx, r.members(j, ids)); err != nil {
			return err
		}
		if j.Listed(len(ids), next, r.now()); j.Step != orderflow.JobFreeze {
			break
		}
	}
	return nil
}

func (r Repair) members(j *orderflow.Job, ids []string) []orderflow.JobMember {
	members := make([]orderflow.JobMember, len(ids))
	for i, id := range ids {
		members[i] = orderflow.JobMember{JobID: j.ID, OrderID: id, ExpiresAt: j.At.Add(orderflow.JobKept).Unix()}
	}
	return members
}

// act tries the action on the next batch.
func (r Repair) act(ctx context.Context, j *orderflow.Job) (time.Duration, error) {
	members, _, err := r.Jobs.ListMembers(ctx, j.ID, j.Acted, j.Batch())
	if err != nil {
		return 0, err
	}
	orders, err := r.Lists.OrdersByID(ctx, idsOf(members))
	if err != nil {
		return 0, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(actsAtOnce)
	for i := range members {
		g.Go(func() error { return r.try(ctx, j, &members[i], orders[members[i].OrderID]) })
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	var tally orderflow.JobTally
	last := ""
	for _, m := range members {
		tally.Count(m.Outcome)
		last = m.OrderID
	}
	return j.ActedOn(tally, last, r.now()), nil
}

func idsOf(members []orderflow.JobMember) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.OrderID
	}
	return ids
}

// refusals are the codes of errors that refuse the action; others are retried.
var refusals = []orderflow.Code{
	orderflow.CodeNotRedrivable, orderflow.CodeNotRestartable, orderflow.CodeInvalidState, orderflow.CodeTooLateToCancel,
	orderflow.CodeNotFound,
}

// try tries the action on one order, and saves what became of it. A member that was tried before is
// tried again with the same token.
func (r Repair) try(ctx context.Context, j *orderflow.Job, m *orderflow.JobMember, o *orderflow.Order) error {
	if m.Outcome != orderflow.OutcomeUntried && m.Outcome != orderflow.OutcomePending {
		return nil
	}
	repeated := m.Outcome == orderflow.OutcomePending
	err := error(orderflow.Errorf(orderflow.CodeNotFound, "there is no such order, or its row cannot be read"))
	if o != nil {
		if !repeated {
			m.Try(o, r.now())
			if err := r.Jobs.SaveMembers(ctx, []orderflow.JobMember{*m}); err != nil {
				return err
			}
		}
		err = r.do(ctx, j, m, o, repeated)
	}
	if err == nil {
		return nil
	}
	if !slices.Contains(refusals, orderflow.CodeOf(err)) {
		return err
	}
	m.Refuse(orderflow.MessageOf(err))
	return r.Jobs.SaveMembers(ctx, []orderflow.JobMember{*m})
}

func (r Repair) do(ctx context.Context, j *orderflow.Job, m *orderflow.JobMember, o *orderflow.Order, repeated bool) error {
	by := j.By(r.now())
	switch j.Action {
	case orderflow.JobRedrive:
		return r.redrive(ctx, m, o, by, repeated)
	case orderflow.JobRestart:
		return r.restart(ctx, m, by)
	case orderflow.JobCancel:
		return r.note(ctx, o.ID, by, (*orderflow.Order).RequestCancel)
	}
	return r.note(ctx, o.ID, by, (*orderflow.Order).Acknowledge)
}

// redrive redrives the execution for which the order is marked. Its token is that of an operator's
// redrive of the same failure, so that both together redrive once.
func (r Repair) redrive(ctx context.Context, m *orderflow.JobMember, o *orderflow.Order, by orderflow.By, repeated bool) error {
	if !repeated {
		if err := orderflow.JobRedrive.Refusal(o, by.At); err != nil {
			return err
		}
	}
	err := r.Executions.Redrive(ctx, m.Execution, m.Execution+"-"+strconv.Itoa(m.Redrives))
	if repeated && orderflow.CodeOf(err) == orderflow.CodeNotRedrivable {
		err = nil // the first try redrove it
	}
	if err != nil {
		return err
	}
	return r.note(ctx, o.ID, by, func(o *orderflow.Order, by orderflow.By) error {
		o.NoteRedrive(m.Redrives, by)
		return nil
	})
}

// restart replaces the order's execution, unless it runs.
func (r Repair) restart(ctx context.Context, m *orderflow.JobMember, by orderflow.By) error {
	x, err := r.Executions.Execution(ctx, m.Execution)
	if err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound {
		return err
	}
	if err == nil && !x.Status.Ended() {
		return orderflow.Errorf(orderflow.CodeNotRestartable, "the execution is %s", x.Status)
	}
	var name string
	err = r.note(ctx, m.OrderID, by, func(o *orderflow.Order, by orderflow.By) error {
		if o.ExecutionName() != m.Execution {
			return orderflow.Errorf(orderflow.CodeNotRestartable, "the order has just been restarted")
		}
		err := o.Restart(by)
		name = o.ExecutionName()
		return err
	})
	if err != nil || name == "" { // the reconciler starts what an earlier try did not
		return err
	}
	return r.Executions.Start(ctx, name)
}

// note changes an order unless the job has already changed it: the reason of the change names the
// job.
func (r Repair) note(ctx context.Context, id string, by orderflow.By, change func(*orderflow.Order, orderflow.By) error) error {
	_, err := update(ctx, r.Orders, id, func(o *orderflow.Order, _ *orderflow.Write) error {
		if slices.ContainsFunc(o.Timeline, func(c orderflow.Change) bool { return c.Reason == by.Reason }) {
			return nil
		}
		return change(o, by)
	})
	return err
}

// watch looks at the pending members that were acted on.
func (r Repair) watch(ctx context.Context, j *orderflow.Job) (time.Duration, error) {
	var seen orderflow.JobTally
	after := j.Cursor
	for range watchedPages {
		members, next, err := r.Jobs.ListMembers(ctx, j.ID, after, watchedPage)
		if err != nil {
			return 0, err
		}
		acted := slices.IndexFunc(members, func(m orderflow.JobMember) bool { return m.OrderID > j.Acted })
		if acted >= 0 {
			members, next = members[:acted], ""
		}
		if err := r.look(ctx, j, members); err != nil {
			return 0, err
		}
		for _, m := range members {
			seen.Count(m.Outcome)
		}
		if after = next; after == "" {
			break
		}
	}
	return j.WatchedTo(seen, after, r.now()), nil
}

// look updates and saves the outcomes of pending members.
func (r Repair) look(ctx context.Context, j *orderflow.Job, members []orderflow.JobMember) error {
	var pending []*orderflow.JobMember
	var ids []string
	for i := range members {
		if m := &members[i]; m.Outcome == orderflow.OutcomePending {
			pending, ids = append(pending, m), append(ids, m.OrderID)
		}
	}
	if len(pending) == 0 {
		return nil
	}
	orders, err := r.Lists.OrdersByID(ctx, ids)
	if err != nil {
		return err
	}
	var changed []orderflow.JobMember
	for _, m := range pending {
		o := orders[m.OrderID]
		if o == nil {
			continue
		}
		if m.Look(j.Action, o, r.now()); m.Outcome != orderflow.OutcomePending {
			changed = append(changed, *m)
		}
	}
	return r.Jobs.SaveMembers(ctx, changed)
}
