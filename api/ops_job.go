package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Jobs keeps operators' jobs and their members.
type Jobs interface {
	// AddJob saves a new job and the answer to its request. If an answer is already saved under the
	// key, nothing is saved and earlier is that answer. Returns orderflow.CodeConflict while another
	// request with the key is in progress.
	AddJob(ctx context.Context, j *orderflow.Job, key string, answer []byte, now, expires time.Time) (earlier []byte, err error)
	// Job loads a job. Returns orderflow.CodeNotFound.
	Job(ctx context.Context, id string) (*orderflow.Job, error)
	// SaveJob saves a job as its next version. Returns orderflow.CodeConflict if it was saved since
	// it was loaded.
	SaveJob(ctx context.Context, j *orderflow.Job) error
	// ListJobs lists jobs, newest first. after and next are as in OrderLists.
	ListJobs(ctx context.Context, after string, limit int) (jobs []*orderflow.Job, next string, err error)
	// ListMembers lists a job's members, by order id. after and next are as in OrderLists.
	ListMembers(ctx context.Context, jobID, after string, limit int) (members []orderflow.JobMember, next string, err error)
}

// JobRuns starts the executions that carry out jobs.
type JobRuns interface {
	// StartJob starts the job's latest execution. One that exists already is success.
	StartJob(ctx context.Context, j *orderflow.Job) error
}

// jobID is the form of the ids in cursors.
var jobID = &schema{pattern: regexp.MustCompile(`^job_[0-9a-hjkmnp-tv-z]{26}$`)}

// jobBody is the body of POST /ops/jobs.
type jobBody struct {
	Action orderflow.JobAction `json:"action"`
	Reason string              `json:"reason"`
	First  *int                `json:"first"`
	Rate   *int                `json:"rate"`
	DryRun bool                `json:"dryRun"`
	orderflow.JobSelection
}

// The defaults of a job: how many orders are tried before the others, and orders a second.
const (
	defaultFirst = 5
	defaultRate  = 10
)

func (b *jobBody) check() error {
	f := b.OrderFilter
	filtered := f != orderflow.OrderFilter{}
	switch {
	case len(b.OrderIDs) > 0 && filtered:
		return refuseFaults(codeInvalidRequest, []Fault{{Pointer: "/orderIds", Detail: "must not be given together with a filter"}})
	case len(b.OrderIDs) == 0 && !filtered:
		return refuseFaults(codeInvalidRequest, []Fault{
			{Pointer: "", Detail: "must select orders: by failure, orderIds, status, customerId or attention"},
		})
	case b.Action == orderflow.JobCancel && f.Failure == "" && f.CustomerID == "" && len(b.OrderIDs) == 0:
		return refuseFaults(codeInvalidRequest, []Fault{
			{Pointer: "/action", Detail: "must not be cancel for all orders of a status: select a failure, a customer or orderIds"},
		})
	}
	return nil
}

// jobView is a job as operators see it.
type jobView struct {
	JobID     string                 `json:"jobId"`
	Action    orderflow.JobAction    `json:"action"`
	Selection orderflow.JobSelection `json:"selection"`
	First     int                    `json:"first"`
	Rate      int                    `json:"rate"`
	Status    orderflow.JobStatus    `json:"status"`
	Step      orderflow.JobStep      `json:"step"`
	Note      string                 `json:"note,omitempty"`
	Members   int                    `json:"members"`
	Truncated bool                   `json:"truncated"`
	Tried     int                    `json:"tried"`
	Tally     orderflow.JobTally     `json:"tally"`
	CreatedAt moment                 `json:"createdAt"`
	Log       []jobLogView           `json:"log"`
}

type jobLogView struct {
	At moment `json:"at"`
	orderflow.JobChange
}

func viewJob(j *orderflow.Job) jobView {
	v := jobView{
		JobID: j.ID, Action: j.Action, Selection: j.Selection, First: j.First, Rate: j.Rate, Status: j.Status, Step: j.Step,
		Note: j.Note, Members: j.Members, Truncated: j.Truncated, Tried: j.Tally.Tried(), Tally: j.Tally,
		CreatedAt: moment{j.At}, Log: []jobLogView{},
	}
	for _, c := range j.Log {
		v.Log = append(v.Log, jobLogView{moment{c.At}, c})
	}
	return v
}

// jobMemberView is an order of a job as operators see it.
type jobMemberView struct {
	OrderID string               `json:"orderId"`
	Outcome orderflow.JobOutcome `json:"outcome,omitempty"`
	Why     string               `json:"why,omitempty"`
	At      *moment              `json:"at,omitempty"`
}

func viewJobMember(m orderflow.JobMember) jobMemberView {
	v := jobMemberView{OrderID: m.OrderID, Outcome: m.Outcome, Why: m.Why}
	if !m.At.IsZero() {
		v.At = &moment{m.At}
	}
	return v
}

// opsStartJob starts a job, or says what it would do.
func (s *server) opsStartJob(r *request) (*reply, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	var body jobBody
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	if body.DryRun {
		return s.previewJob(r, &body)
	}
	earlier, err := s.Placements.Answer(r.Context(), key, s.now())
	if err != nil {
		return nil, fmt.Errorf("look up idempotency key: %w", err)
	}
	if earlier != nil {
		return replay(earlier, r.body)
	}
	return s.startJob(r, &body, key)
}

func (s *server) startJob(r *request, body *jobBody, key string) (*reply, error) {
	now := s.now()
	id, err := s.NewJobID(now)
	if err != nil {
		return nil, err
	}
	j := &orderflow.Job{ID: id, Action: body.Action, Selection: body.JobSelection, First: defaultFirst, Rate: defaultRate}
	if body.First != nil {
		j.First = *body.First
	}
	if body.Rate != nil {
		j.Rate = *body.Rate
	}
	j.Begin(orderflow.By{At: now, Actor: "operator:" + r.caller.Subject, Reason: body.Reason})
	answer, err := jsonReply(http.StatusCreated, viewJob(j))
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/ops/jobs/"+id)
	record, err := remember(answer, r.body)
	if err != nil {
		return nil, err
	}
	earlier, err := s.Jobs.AddJob(r.Context(), j, key, record, now, now.Add(answersKept))
	if err != nil {
		return nil, fmt.Errorf("add job: %w", err)
	}
	if earlier != nil {
		return replay(earlier, r.body)
	}
	if err := s.JobRuns.StartJob(r.Context(), j); err != nil {
		return nil, s.unstarted(r, j, err)
	}
	return answer, nil
}

// unstarted pauses a job whose execution could not be started, and returns the error to answer.
func (s *server) unstarted(r *request, j *orderflow.Job, err error) error {
	j.Fail("the execution could not be started: resume the job", s.now())
	return fmt.Errorf("start job %s: %w", j.ID, errors.Join(err, s.Jobs.SaveJob(r.Context(), j)))
}

// refusedView is the orders of a preview that the action would be refused for, for one reason.
type refusedView struct {
	Why     string   `json:"why"`
	Orders  int      `json:"orders"`
	Samples []string `json:"samples"`
}

// jobPreview is what a job would do.
type jobPreview struct {
	Action    orderflow.JobAction `json:"action"`
	Orders    int                 `json:"orders"`
	Value     []orderflow.Money   `json:"value"`
	Samples   []string            `json:"samples"`
	Refused   []refusedView       `json:"refused"`
	Truncated bool                `json:"truncated"`
}

// previewSamples is how many orders of a preview are named.
const previewSamples = 5

func (p *jobPreview) add(o *orderflow.Order, now time.Time) {
	id, total := o.ID, o.Total
	err := p.Action.Refusal(o, now)
	if err == nil {
		p.Orders++
		p.Samples = sample(p.Samples, id)
		p.Value = orderflow.AddTo(p.Value, total)
		return
	}
	p.refuse(id, orderflow.MessageOf(err))
}

func (p *jobPreview) refuse(id, message string) {
	why := orderflow.Attention{Message: message}.Cause()
	i := slices.IndexFunc(p.Refused, func(v refusedView) bool { return v.Why == why })
	if i < 0 {
		i = len(p.Refused)
		p.Refused = append(p.Refused, refusedView{Why: why, Samples: []string{}})
	}
	p.Refused[i].Orders++
	p.Refused[i].Samples = sample(p.Refused[i].Samples, id)
}

func sample(list []string, id string) []string {
	if len(list) < previewSamples {
		list = append(list, id)
	}
	return list
}

// previewJob says what a job would do now, for at most maxGrouped orders.
func (s *server) previewJob(r *request, body *jobBody) (*reply, error) {
	p := jobPreview{Action: body.Action, Value: []orderflow.Money{}, Samples: []string{}, Refused: []refusedView{}}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(body.OrderIDs))) {
		o, err := s.Orders.Order(r.Context(), id)
		switch {
		case orderflow.CodeOf(err) == orderflow.CodeNotFound:
			p.refuse(id, "there is no such order")
		case err != nil:
			return nil, fmt.Errorf("load order: %w", err)
		default:
			p.add(o, s.now())
		}
	}
	if len(body.OrderIDs) == 0 {
		orders, truncated, err := s.someOrders(r.Context(), body.OrderFilter)
		if err != nil {
			return nil, fmt.Errorf("preview job: %w", err)
		}
		for _, o := range orders {
			p.add(o, s.now())
		}
		p.Truncated = truncated
	}
	return jsonReply(http.StatusOK, p)
}

func (s *server) opsListJobs(r *request) (*reply, error) {
	list := func(after string, limit int) ([]*orderflow.Job, string, error) {
		return s.Jobs.ListJobs(r.Context(), after, limit)
	}
	jobs, next, err := page(r, jobID, list, viewJob)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Jobs []jobView `json:"jobs"`
		Next string    `json:"next,omitempty"`
	}{jobs, next})
}

func (s *server) opsGetJob(r *request) (*reply, error) {
	j, err := s.job(r)
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, viewJob(j))
}

func (s *server) job(r *request) (*orderflow.Job, error) {
	j, err := s.Jobs.Job(r.Context(), r.values["jobId"])
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such job")
	}
	if err != nil {
		return nil, fmt.Errorf("load job: %w", err)
	}
	return j, nil
}

func (s *server) opsListJobMembers(r *request) (*reply, error) {
	j, err := s.job(r)
	if err != nil {
		return nil, err
	}
	outcome := orderflow.JobOutcome(r.values["outcome"])
	some := func(after string, limit int) ([]orderflow.JobMember, string, error) {
		return s.Jobs.ListMembers(r.Context(), j.ID, after, limit)
	}
	list := some
	if outcome != "" {
		list = func(after string, limit int) ([]orderflow.JobMember, string, error) {
			return matching(some, after, limit, func(m orderflow.JobMember) bool { return m.Outcome == outcome },
				func(m orderflow.JobMember) string { return m.OrderID })
		}
	}
	members, next, err := page(r, schemaOrderId, list, viewJobMember, j.ID, string(outcome))
	if err != nil {
		return nil, fmt.Errorf("list members of job: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Members []jobMemberView `json:"members"`
		Next    string          `json:"next,omitempty"`
	}{members, next})
}

func (s *server) opsPauseJob(r *request) (*reply, error) {
	return s.moveJob(r, (*orderflow.Job).Pause)
}

func (s *server) opsStopJob(r *request) (*reply, error) {
	return s.moveJob(r, (*orderflow.Job).Stop)
}

// opsResumeJob lets a job go on in a new execution.
func (s *server) opsResumeJob(r *request) (*reply, error) {
	return s.moveJob(r, (*orderflow.Job).Resume)
}

// moveJob changes the status of a job, and starts the execution of one that is resumed.
func (s *server) moveJob(r *request, move func(*orderflow.Job, orderflow.By) error) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	load := func() (*orderflow.Job, error) { return s.job(r) }
	run := 0
	do := func(j *orderflow.Job) (bool, error) {
		run = j.Run
		return true, move(j, by)
	}
	save := func(j *orderflow.Job) error { return s.Jobs.SaveJob(r.Context(), j) }
	j, err := change(r.Context(), load, do, save)
	if err != nil {
		return nil, err
	}
	if j.Run != run {
		if err := s.JobRuns.StartJob(r.Context(), j); err != nil {
			return nil, s.unstarted(r, j, err)
		}
	}
	return jsonReply(http.StatusOK, viewJob(j))
}
