package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsJobCommands struct {
	Start  opsJobStartCommand  `cmd:"" help:"Act on many orders in the background."`
	List   opsJobListCommand   `cmd:"" help:"List the jobs, newest first."`
	Show   opsJobShowCommand   `cmd:"" help:"Show a job, and the orders that it did not repair."`
	Pause  opsJobPauseCommand  `cmd:"" help:"Pause a job."`
	Resume opsJobResumeCommand `cmd:"" help:"Let a paused job go on."`
	Stop   opsJobStopCommand   `cmd:"" help:"Stop a job for good."`
}

// job is a job as the API shows it.
type job struct {
	JobID     string
	Action    orderflow.JobAction
	Status    orderflow.JobStatus
	Note      string
	Members   int
	Tried     int
	Tally     orderflow.JobTally
	CreatedAt time.Time
	Log       []orderflow.JobChange
}

// tally returns the counts of a job in words.
func (j job) tally() string {
	t := j.Tally
	return fmt.Sprintf("%s, %d tried: %d recovered, %d failed again, %d refused, %d pending",
		counted(j.Members, "order"), j.Tried, t.Recovered, t.FailedAgain, t.Refused, t.Pending)
}

type opsJobStartCommand struct {
	connection
	Orders     []string `arg:"" optional:"" name:"order" help:"Ids of orders, at most 100, instead of a filter."`
	Action     string   `help:"redrive, restart, cancel or acknowledge." enum:"redrive,restart,cancel,acknowledge" default:"redrive"`
	Reason     string   `help:"The reason, for the orders' timelines." required:""`
	Failure    string   `help:"The orders of this failure, from orderflow ops failures." placeholder:"ID"`
	Status     string   `help:"The orders with this status." placeholder:"STATUS"`
	CustomerID string   `name:"customer" help:"The orders of this customer." placeholder:"ID"`
	Attention  *bool    `help:"The orders that need attention, or those that do not." negatable:""`
	First      int      `help:"How many orders to try and watch before the others." default:"5"`
	Rate       int      `help:"Orders a second, on average, after that." default:"10"`
	DryRun     bool     `help:"Only print what the job would do."`
	JSON       bool     `help:"Print the API's answer."`
}

func (*opsJobStartCommand) Help() string {
	return "The job runs in the system, not in this terminal. The first orders are watched; " +
		"if most of them are not repaired, the job pauses.\n\n" +
		"Examples:\n  orderflow ops job start --failure 3f0a9c51d2e8 --reason 'the provider is back' --dry-run\n" +
		"  orderflow ops job start --status PLACED --attention --action restart --reason 'the new definition is deployed'"
}

func (c *opsJobStartCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body := map[string]any{"action": c.Action, "reason": c.Reason, "first": c.First, "rate": c.Rate}
	for name, value := range map[string]string{"failure": c.Failure, "status": c.Status, "customerId": c.CustomerID} {
		if value != "" {
			body[name] = value
		}
	}
	if len(c.Orders) > 0 {
		body["orderIds"] = c.Orders
	}
	if c.Attention != nil {
		body["attention"] = *c.Attention
	}
	if c.DryRun {
		body["dryRun"] = true
	}
	answer, err := cl.Do(e.ctx, http.MethodPost, "/ops/jobs", http.Header{"Idempotency-Key": {rand.Text()}}, body)
	if err != nil {
		return err
	}
	if c.DryRun {
		return printAnswer(e, answer, c.JSON, func(p jobPreview) error { return p.print(e) })
	}
	return printAnswer(e, answer, c.JSON, func(j job) error {
		fmt.Fprintf(e.stdout, "Job %s is started. Follow it: orderflow ops job show %s\n", j.JobID, j.JobID)
		return nil
	})
}

// jobPreview is what a job would do.
type jobPreview struct {
	Action  string
	Orders  int
	Value   []orderflow.Money
	Samples []string
	Refused []struct {
		Why     string
		Orders  int
		Samples []string
	}
	Truncated bool
}

func (p jobPreview) print(e *env) error {
	fmt.Fprintf(e.stdout, "%s of %s, worth %s.", p.Action, counted(p.Orders, "order"), worth(p.Value))
	for i, id := range p.Samples {
		fmt.Fprint(e.stdout, map[bool]string{true: " For example ", false: ", "}[i == 0], id)
	}
	fmt.Fprintln(e.stdout)
	for _, r := range p.Refused {
		fmt.Fprintf(e.stdout, "Refused for %s: %s. For example %s\n", counted(r.Orders, "order"), r.Why, r.Samples[0])
	}
	if p.Truncated {
		fmt.Fprintln(e.stdout, "More orders are selected: the newest 5,000 were examined.")
	}
	fmt.Fprintln(e.stdout, "Nothing was changed.")
	return nil
}

type opsJobListCommand struct {
	connection
	Cursor string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsJobListCommand) Help() string { return "Example:\n  orderflow ops job list" }

func (c *opsJobListCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := "/ops/jobs"
	if c.Cursor != "" {
		path += "?" + url.Values{"cursor": {c.Cursor}}.Encode()
	}
	answer, err := cl.Do(e.ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	type page struct {
		Jobs []job
		Next string
	}
	return printAnswer(e, answer, c.JSON, func(p page) error {
		if len(p.Jobs) == 0 {
			fmt.Fprintln(e.stderr, "there is no job")
			return nil
		}
		var rows [][]string
		for _, j := range p.Jobs {
			rows = append(rows, []string{j.JobID, words.Clock(j.CreatedAt), string(j.Action), string(j.Status), j.tally()})
		}
		if err := screen.New(e.stdout).Table([]screen.Column{{Title: "JOB"}, {Title: "STARTED"}, {Title: "ACTION"},
			{Title: "STATUS"}, {Title: "ORDERS", Wraps: true}}, rows); err != nil {
			return err
		}
		if p.Next != "" {
			fmt.Fprintf(e.stdout, "More: --cursor %s\n", p.Next)
		}
		return nil
	})
}

type opsJobShowCommand struct {
	connection
	ID   string        `arg:"" help:"The job's id."`
	Wait time.Duration `help:"Wait until the job no longer runs, at most this long." placeholder:"DURATION"`
	JSON bool          `help:"Print the API's answer."`
}

func (*opsJobShowCommand) Help() string {
	return "With --wait, the exit code is 1 if an order was not repaired, or the job is not done.\n\n" +
		"Example:\n  orderflow ops job show job_000sksmeyf00rq2d2yxq4fhqgr --wait 10m"
}

// jobPoll is how often a job is read while it is waited for.
const jobPoll = 500 * time.Millisecond

func (c *opsJobShowCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := "/ops/jobs/" + url.PathEscape(c.ID)
	var j job
	var answer []byte
	for end := time.Now().Add(c.Wait); ; {
		if answer, err = cl.Do(e.ctx, http.MethodGet, path, nil, nil); err != nil {
			return err
		}
		if err := json.Unmarshal(answer, &j); err != nil {
			return err
		}
		if j.Status != orderflow.JobRunning || !time.Now().Before(end) {
			break
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(jobPoll):
		}
	}
	if err := printAnswer(e, answer, c.JSON, func(j job) error { return c.print(e, cl, j, path) }); err != nil {
		return err
	}
	if c.Wait > 0 && (j.Status != orderflow.JobDone || j.Tally.Recovered < j.Members) {
		return failure{1}
	}
	return nil
}

func (c *opsJobShowCommand) print(e *env, cl *client.Client, j job, path string) error {
	fmt.Fprintf(e.stdout, "%s  %s  %s\n%s\n", j.JobID, j.Action, j.Status, j.tally())
	if j.Note != "" {
		fmt.Fprintln(e.stdout, j.Note)
	}
	var rows [][]string
	for _, l := range j.Log {
		rows = append(rows, []string{words.Clock(l.At), string(l.Status), l.Actor, l.Reason})
	}
	if err := screen.New(e.stdout).Table([]screen.Column{{Title: "AT"}, {Title: "STATUS"}, {Title: "BY"},
		{Title: "REASON", Wraps: true}}, rows); err != nil {
		return err
	}
	rows = nil
	for _, outcome := range []orderflow.JobOutcome{orderflow.OutcomeFailedAgain, orderflow.OutcomeRefused} {
		answer, err := cl.Do(e.ctx, http.MethodGet, path+"/members?limit=50&outcome="+string(outcome), nil, nil)
		if err != nil {
			return err
		}
		var page struct {
			Members []struct{ OrderID, Outcome, Why string }
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return err
		}
		for _, m := range page.Members {
			rows = append(rows, []string{m.OrderID, m.Outcome, m.Why})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(e.stdout)
	return screen.New(e.stdout).Table([]screen.Column{{Title: "ORDER"}, {Title: "OUTCOME"}, {Title: "WHY", Wraps: true}}, rows)
}

// jobControl are the arguments of the commands that pause, resume and stop a job.
type jobControl struct {
	connection
	ID     string `arg:"" help:"The job's id."`
	Reason string `help:"The reason, for the job's log." required:""`
}

func (c *jobControl) run(e *env, action string) error {
	if c.Reason == "" {
		return errors.New("--reason is missing: it is kept in the job's log")
	}
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := "/ops/jobs/" + url.PathEscape(c.ID) + "/" + action
	answer, err := cl.Do(e.ctx, http.MethodPost, path, nil, map[string]string{"reason": c.Reason})
	if err != nil {
		return err
	}
	var j job
	if err := json.Unmarshal(answer, &j); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s is %s: %s\n", j.JobID, j.Status, j.tally())
	return nil
}

type opsJobPauseCommand struct{ jobControl }

func (*opsJobPauseCommand) Help() string {
	return "The orders of the current batch are still acted on.\n\n" +
		"Example:\n  orderflow ops job pause job_000sksmeyf00rq2d2yxq4fhqgr --reason 'the provider is slow'"
}
func (c *opsJobPauseCommand) Run(e *env) error { return c.run(e, "pause") }

type opsJobResumeCommand struct{ jobControl }

func (*opsJobResumeCommand) Help() string {
	return "A running job may be resumed, too, in case its execution has died.\n\n" +
		"Example:\n  orderflow ops job resume job_000sksmeyf00rq2d2yxq4fhqgr --reason 'the provider is back'"
}
func (c *opsJobResumeCommand) Run(e *env) error { return c.run(e, "resume") }

type opsJobStopCommand struct{ jobControl }

func (*opsJobStopCommand) Help() string {
	return "Example:\n  orderflow ops job stop job_000sksmeyf00rq2d2yxq4fhqgr --reason 'the wrong failure'"
}
func (c *opsJobStopCommand) Run(e *env) error { return c.run(e, "stop") }
