package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

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
	return followJob(e, cl, c.ID, c.Wait, c.JSON)
}

// followJob prints a job when it no longer runs, or when the time is over. If it was waited for and
// an order was not repaired, it returns failure{1}.
func followJob(e *env, cl *client.Client, id string, wait time.Duration, asJSON bool) error {
	path := "/ops/jobs/" + url.PathEscape(id)
	progress := &progressLine{out: e.stderr, terminal: screen.New(e.stderr).Terminal()}
	var j job
	var answer []byte
	var err error
	for end := time.Now().Add(wait); ; {
		if answer, err = cl.Do(e.ctx, http.MethodGet, path, nil, nil); err != nil {
			return err
		}
		if err := json.Unmarshal(answer, &j); err != nil {
			return err
		}
		if j.Status != orderflow.JobRunning || !time.Now().Before(end) {
			break
		}
		progress.show(j.tally())
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(jobPoll):
		}
	}
	progress.end()
	if err := printAnswer(e, answer, asJSON, func(j job) error { return j.print(e, cl, path) }); err != nil {
		return err
	}
	if wait > 0 && (j.Status != orderflow.JobDone || j.Tally.Recovered < j.Members) {
		return failure{1}
	}
	return nil
}

// progressLine shows how far something is: one line that is rewritten in a terminal, or a line every
// five seconds.
type progressLine struct {
	out      io.Writer
	terminal bool
	last     time.Time
}

func (p *progressLine) show(text string) {
	pause, start, end := 5*time.Second, "", "\n"
	if p.terminal {
		pause, start, end = 0, "\r\x1b[K", ""
	}
	if time.Since(p.last) >= pause {
		p.last = time.Now()
		fmt.Fprint(p.out, start, text, end)
	}
}

func (p *progressLine) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func (j job) print(e *env, cl *client.Client, path string) error {
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
