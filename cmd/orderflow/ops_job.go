package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
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
	Orders     []string      `arg:"" optional:"" name:"order" help:"Ids of orders, at most 100, instead of a filter."`
	Action     string        `help:"redrive, restart, cancel or acknowledge." enum:"redrive,restart,cancel,acknowledge" default:"redrive"`
	Reason     string        `help:"The reason, for the orders' timelines." required:""`
	Failure    string        `help:"The orders of this failure, from orderflow ops failures." placeholder:"ID"`
	Status     string        `help:"The orders with this status." placeholder:"STATUS"`
	CustomerID string        `name:"customer" help:"The orders of this customer." placeholder:"ID"`
	Attention  *bool         `help:"The orders that need attention, or those that do not." negatable:""`
	First      int           `help:"How many orders to try and watch before the others." default:"5"`
	Rate       int           `help:"Orders a second, on average, after that." default:"10"`
	DryRun     bool          `help:"Only print what the job would do."`
	Wait       time.Duration `help:"Follow the job until it no longer runs, at most this long." placeholder:"DURATION"`
	JSON       bool          `help:"Print the API's answer."`
}

func (*opsJobStartCommand) Help() string {
	return "The job runs in the system, not in this terminal. The first orders are watched; " +
		"if most of them are not repaired, the job pauses. With --wait, the exit code is 1 if an order was not repaired, " +
		"or the job is not done.\n\n" +
		"Examples:\n  orderflow ops job start --failure 3f0a9c51d2e8 --reason 'the provider is back' --dry-run\n" +
		"  orderflow ops job start --failure 3f0a9c51d2e8 --reason 'the provider is back' --wait 10m\n" +
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
	if c.Wait > 0 {
		var j job
		if err := json.Unmarshal(answer, &j); err != nil {
			return err
		}
		fmt.Fprintf(e.stderr, "job %s is started\n", j.JobID)
		return followJob(e, cl, j.JobID, c.Wait, c.JSON)
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
