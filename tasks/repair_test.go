package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// repairWorld is a job with its members, its orders and their executions in memory.
type repairWorld struct {
	*store
	job      orderflow.Job
	members  map[string]orderflow.JobMember
	redriven map[string]int // by token
	started  []string
	running  bool              // as executions are described
	again    map[string]bool   // orders that fail again
	crash    func(string) bool // reports whether the process dies at this point
}

var errCrash = errors.New("crash")

func (w *repairWorld) at(point string) error {
	if w.crash != nil && w.crash(point) {
		return errCrash
	}
	return nil
}

func (w *repairWorld) Job(context.Context, string) (*orderflow.Job, error) {
	j := w.job
	return &j, nil
}

func (w *repairWorld) SaveJob(_ context.Context, j *orderflow.Job) error {
	if j.Version != w.job.Version {
		return orderflow.Errorf(orderflow.CodeConflict, "changed")
	}
	j.Version++
	w.job = *j
	return w.at("job saved")
}

func (w *repairWorld) AddMembers(ctx context.Context, members []orderflow.JobMember) error {
	for _, m := range members {
		if _, ok := w.members[m.OrderID]; !ok {
			w.members[m.OrderID] = m
		}
	}
	return w.at("members added")
}

func (w *repairWorld) SaveMembers(_ context.Context, members []orderflow.JobMember) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range members {
		w.members[m.OrderID] = m
	}
	return w.at("members saved")
}

func (w *repairWorld) ListMembers(_ context.Context, _, after string, limit int) (list []orderflow.JobMember, next string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(w.members)) {
		if id > after {
			list = append(list, w.members[id])
		}
	}
	if len(list) > limit {
		return list[:limit], list[limit-1].OrderID, nil
	}
	return list, "", nil
}

func (w *repairWorld) OrdersByID(ctx context.Context, ids []string) (map[string]*orderflow.Order, error) {
	out := map[string]*orderflow.Order{}
	for _, id := range ids {
		if o, err := w.Order(ctx, id); err == nil {
			out[id] = o
		}
	}
	return out, nil
}

func (w *repairWorld) FindOrders(ctx context.Context, f orderflow.OrderFilter, after string, limit int) (list []*orderflow.Order,
	next string, err error) {
	for n := range 100 {
		o, err := w.Order(ctx, fmt.Sprintf("ord_%03d", n))
		if err == nil && o.ID > after && f.Matches(o) {
			list = append(list, o)
		}
	}
	if len(list) > limit {
		return list[:limit], list[limit-1].ID, nil
	}
	return list, "", nil
}

func (w *repairWorld) Start(_ context.Context, name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = append(w.started, name)
	return nil
}

func (w *repairWorld) Execution(context.Context, string) (orderflow.Execution, error) {
	if w.running {
		return orderflow.Execution{Status: orderflow.ExecutionRunning}, nil
	}
	return orderflow.Execution{Status: orderflow.ExecutionFailed}, nil
}

func (w *repairWorld) Redrive(_ context.Context, _, token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.redriven[token]++
	return w.at("redriven")
}

// newRepair places n orders whose executions have failed.
func newRepair(t *testing.T, n int, action orderflow.JobAction) (*repairWorld, Repair) {
	t.Helper()
	w := &repairWorld{
		store: newStore(), members: map[string]orderflow.JobMember{}, redriven: map[string]int{}, again: map[string]bool{},
		job: orderflow.Job{ID: "job_1", Action: action, First: 3, Rate: 100},
	}
	for i := range n {
		o := &orderflow.Order{ID: fmt.Sprintf("ord_%03d", i), Status: orderflow.Confirmed, PaymentStatus: orderflow.PaymentNone}
		o.MarkAttention(orderflow.Attention{Code: "PaymentUnavailable", Step: "ChargePayment"}, orderflow.By{At: time.Now()})
		w.save(o)
	}
	w.job.Selection.Attention = new(true)
	w.job.Begin(orderflow.By{At: time.Now(), Actor: "operator:olga", Reason: "the provider is back"})
	return w, Repair{Jobs: w, Orders: w, Lists: w, Executions: w, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

// runs carries out the job as the state machine does: a step that fails is repeated.
func (w *repairWorld) runs(t *testing.T, r Repair) {
	t.Helper()
	step, run := w.job.Step, w.job.Run
	for n := 0; step != orderflow.JobEnd; n++ {
		if n > 1000 {
			t.Fatal("the job does not end")
		}
		out, err := r.Handle(t.Context(), RepairInput{JobID: "job_1", Run: run, Step: step})
		if err != nil {
			if !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			continue
		}
		w.fulfil(t)
		time.Sleep(time.Duration(out.Seconds) * time.Second) // of the bubble: what the state machine waits
		step = out.Next
	}
}

// fulfil ends the orders that were redriven or restarted, or fails them again.
func (w *repairWorld) fulfil(t *testing.T) {
	t.Helper()
	for _, m := range w.members {
		if m.Outcome != orderflow.OutcomePending {
			continue
		}
		err := w.change(m.OrderID, func(o *orderflow.Order) error {
			switch {
			case o.Attention != nil || o.Status.Final() || o.Cancel != nil:
			case w.again[o.ID]:
				o.MarkAttention(orderflow.Attention{Code: "PaymentUnavailable", RedriveCount: 1}, orderflow.By{At: time.Now()})
			default:
				return o.Close(orderflow.By{At: time.Now(), Actor: "step:close", Reason: "OutOfStock"})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRepair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, r := newRepair(t, 12, orderflow.JobRedrive)
		w.again["ord_007"] = true
		w.runs(t, r)
		if w.job.Status != orderflow.JobDone || w.job.Members != 12 || w.job.Tally != (orderflow.JobTally{Recovered: 11, FailedAgain: 1}) {
			t.Errorf("%s, %d members, %+v", w.job.Status, w.job.Members, w.job.Tally)
		}
		o := w.load(t, "ord_003")
		if note := o.Timeline[1]; note.Actor != "operator:olga" || note.Reason != "the provider is back (job_1)" {
			t.Errorf("noted %+v", note)
		}
	})
}

// TestRepair_crashes: wherever a step dies, every order is redriven with one token, noted once, and
// counted once.
func TestRepair_crashes(t *testing.T) {
	t.Parallel()
	for nth := 1; ; nth++ {
		points := 0
		t.Run(fmt.Sprint("at point ", nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, r := newRepair(t, 6, orderflow.JobRedrive)
				w.crash = func(string) bool {
					points++
					return points == nth
				}
				w.runs(t, r)
				if w.job.Status != orderflow.JobDone || w.job.Tally != (orderflow.JobTally{Recovered: 6}) || len(w.redriven) != 6 {
					t.Errorf("%s, %+v, redriven %v", w.job.Status, w.job.Tally, w.redriven)
				}
				for id := range w.members {
					noted := 0
					for _, c := range w.load(t, id).Timeline {
						if c.Reason == "the provider is back (job_1)" {
							noted++
						}
					}
					if noted != 1 {
						t.Errorf("%s is noted %d times", id, noted)
					}
				}
			})
		})
		if points < nth {
			return
		}
	}
}

func TestRepair_refused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, r := newRepair(t, 3, orderflow.JobRestart)
		w.running = true
		w.job.Selection = orderflow.JobSelection{OrderIDs: []string{"ord_001", "ord_000", "ord_001", "ord_999"}}
		w.runs(t, r)
		if w.job.Status != orderflow.JobDone || w.job.Tally != (orderflow.JobTally{Refused: 3}) || len(w.started) != 0 {
			t.Errorf("%s, %+v, started %v", w.job.Status, w.job.Tally, w.started)
		}
		if why := w.members["ord_000"].Why; why != "the execution is RUNNING" {
			t.Errorf("refused because %q", why)
		}
	})
}

func TestRepair_otherActions(t *testing.T) {
	t.Parallel()
	for action, want := range map[orderflow.JobAction]orderflow.JobTally{
		orderflow.JobRestart:     {Recovered: 4},
		orderflow.JobCancel:      {Pending: 4}, // undone in the background
		orderflow.JobAcknowledge: {Refused: 3}, // the marks disappear when the orders go on; the others are left alone
	} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, r := newRepair(t, 4, action)
				w.runs(t, r)
				if w.job.Tally != want {
					t.Errorf("%s, %+v, want %+v", w.job.Status, w.job.Tally, want)
				}
				if action == orderflow.JobRestart && len(w.started) != 4 {
					t.Errorf("started %v", w.started)
				}
				if action == orderflow.JobAcknowledge && w.job.Status != orderflow.JobPaused {
					t.Errorf("the job is %s", w.job.Status)
				}
			})
		})
	}
}

// TestRepair_replaced: an execution that another one has replaced does nothing, and neither does
// one of a paused job.
func TestRepair_replaced(t *testing.T) {
	t.Parallel()
	w, r := newRepair(t, 3, orderflow.JobRedrive)
	if err := w.job.Resume(orderflow.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for run, want := range map[int]orderflow.JobStep{1: orderflow.JobEnd, 2: orderflow.JobFreeze} {
		out, err := r.Handle(t.Context(), RepairInput{JobID: "job_1", Run: run, Step: orderflow.JobAct})
		if err != nil || out.Next != want || len(w.members) != 0 {
			t.Errorf("run %d: got %+v, %v", run, out, err)
		}
	}
	out, err := r.Handle(t.Context(), RepairInput{JobID: "job_1", Run: 2, Error: Outcome{Error: "Throttled", Cause: "slow down"}})
	if err != nil || out.Next != orderflow.JobEnd || w.job.Status != orderflow.JobPaused || w.job.Note != "Throttled: slow down" {
		t.Errorf("got %+v, %v, job %+v", out, err, w.job)
	}
}
