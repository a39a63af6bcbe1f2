package orderflow

import (
	"fmt"
	"io"
	"time"
)

// JobAction is what a job does to each of its orders.
type JobAction string

// The actions of jobs.
const (
	JobRedrive     JobAction = "redrive"     // resume the failed execution at the step that failed
	JobRestart     JobAction = "restart"     // replace the ended execution by a new one
	JobCancel      JobAction = "cancel"      // undo what was done, and close the order
	JobAcknowledge JobAction = "acknowledge" // remove the mark: the problem was solved by hand
)

// JobStatus is the state of a job.
type JobStatus string

// The statuses of jobs. Stopped and Done are final.
const (
	JobRunning JobStatus = "RUNNING"
	JobPaused  JobStatus = "PAUSED" // no execution works on it until it is resumed
	JobStopped JobStatus = "STOPPED"
	JobDone    JobStatus = "DONE"
)

// JobStep is what a job does next. It selects the state of the state machine repair-orders.
type JobStep string

// The steps of jobs.
const (
	JobFreeze JobStep = "FREEZE" // list the members: later the selection does not matter
	JobAct    JobStep = "ACT"    // act on the next batch of members
	JobWatch  JobStep = "WATCH"  // see what became of the members
	JobEnd    JobStep = "END"
)

// JobOutcome is what became of a member of a job.
type JobOutcome string

// The outcomes. That an order was redriven does not mean that it recovered.
const (
	OutcomeUntried     JobOutcome = ""
	OutcomePending     JobOutcome = "PENDING"      // the action was accepted; the order has not gone far enough
	OutcomeRecovered   JobOutcome = "RECOVERED"    // it has ended, or come past the failure
	OutcomeFailedAgain JobOutcome = "FAILED_AGAIN" // its execution failed after the action
	OutcomeRefused     JobOutcome = "REFUSED"      // the action was refused
)

// Limits of jobs.
const (
	MaxJobMembers = 100_000
	MaxJobRate    = 100 // orders a second
	MaxJobFirst   = 100
	MaxJobIDs     = 100 // orders that a selection names
)

// jobBatches bounds how many batches a job of many members takes, and with it the history of its
// execution: a batch is nine events, and Step Functions allows 25,000.
const jobBatches = 1000

// batchSeconds is how long the orders of one batch take at the job's rate.
const batchSeconds = 10

// How long a job watches its first members, and all of them at the end; and the pauses between two
// looks.
const (
	firstPatience = time.Minute
	lastPatience  = 10 * time.Minute
	shortLook     = 3 * time.Second // in the first minute
	longLook      = 20 * time.Second
	lookEvery     = time.Minute // at least, while there are members to act on
)

// settleAfter is how long after the action an order that has ended, or waits for an answer, counts
// as recovered: a step that fails again is retried and marked within that time.
const settleAfter = 10 * time.Second

// JobKept is how long a job and its members are kept.
const JobKept = 90 * 24 * time.Hour

// JobSelection selects the members of a job: the orders with the ids, or those that the filter
// selects when the job begins.
type JobSelection struct {
	OrderFilter
	OrderIDs []string `json:"orderIds,omitempty"`
}

// JobTally counts a job's members by outcome.
type JobTally struct {
	Pending     int `json:"pending"`
	Recovered   int `json:"recovered"`
	FailedAgain int `json:"failedAgain"`
	Refused     int `json:"refused"`
}

// Count counts a member.
func (t *JobTally) Count(o JobOutcome) {
	switch o {
	case OutcomePending:
		t.Pending++
	case OutcomeRecovered:
		t.Recovered++
	case OutcomeFailedAgain:
		t.FailedAgain++
	case OutcomeRefused:
		t.Refused++
	}
}

// Add adds the counts of other members.
func (t *JobTally) Add(more JobTally) {
	t.Pending += more.Pending
	t.Recovered += more.Recovered
	t.FailedAgain += more.FailedAgain
	t.Refused += more.Refused
}

// Tried returns how many members the action was tried on.
func (t JobTally) Tried() int { return t.Pending + t.Recovered + t.FailedAgain + t.Refused }

// JobChange is an entry of a job's log: who started, paused, resumed or stopped it, and why.
type JobChange struct {
	At     time.Time `json:"at"`
	Status JobStatus `json:"status"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
}

// Job is an operator's action on many orders. The state machine repair-orders carries it out: it
// lists the members, acts on the first few and watches what becomes of them, then acts on the others
// at a rate, and watches all. Every step may be repeated.
type Job struct {
	ID        string       `json:"id"`
	Action    JobAction    `json:"action"`
	Selection JobSelection `json:"selection"`
	First     int          `json:"first"` // how many members are tried and watched before the others
	Rate      int          `json:"rate"`  // orders a second, on average, after that
	Reason    string       `json:"reason"`
	Actor     string       `json:"actor"`
	At        time.Time    `json:"at"` // when it was created

	Status JobStatus `json:"status"`
	Step   JobStep   `json:"step"`
	Run    int       `json:"run"`  // counts the executions, from 1
	Note   string    `json:"note"` // why it was paused by itself
	// Truncated reports whether more orders were selected than MaxJobMembers.
	Truncated bool        `json:"truncated"`
	Members   int         `json:"members"` // listed so far
	Tally     JobTally    `json:"tally"`
	Cursor    string      `json:"cursor"` // of the step: the last order that was listed, acted on or watched
	Acted     string      `json:"acted"`  // the last member that was acted on
	Judged    bool        `json:"judged"` // the first members did not stop the job
	Watched   JobTally    `json:"watched"`
	WatchFrom time.Time   `json:"watchFrom,omitzero"` // when the step Watch began
	Log       []JobChange `json:"log"`
	Version   int64       `json:"version"`
}

// NewJobID returns an id such as "job_06cb4j3k7v1s0n9t8q2r5w4xyz", made as NewOrderID makes its ids.
func NewJobID(now time.Time, random io.Reader) (string, error) { return newID("job_", now, random) }

// Begin fills in the state of a new job.
func (j *Job) Begin(by By) {
	j.Actor, j.Reason, j.At = by.Actor, by.Reason, by.At
	j.Status, j.Step, j.Run = JobRunning, JobFreeze, 1
	j.log(by)
}

// maxJobLog bounds the log. A job is not paused and resumed more often.
const maxJobLog = 200

func (j *Job) log(by By) {
	j.Log = append(j.Log, JobChange{At: by.At, Status: j.Status, Actor: by.Actor, Reason: by.Reason})
}

// ExecutionName returns the name of the job's latest execution.
func (j *Job) ExecutionName() string { return fmt.Sprintf("%s-%d", j.ID, j.Run) }

// By returns the author of the job's changes of orders. Its reason names the job.
func (j *Job) By(now time.Time) By {
	return By{At: now, Actor: j.Actor, Reason: fmt.Sprintf("%s (%s)", j.Reason, j.ID)}
}

// Ended reports whether the job does nothing any more.
func (j *Job) Ended() bool { return j.Status == JobStopped || j.Status == JobDone }

// Pause makes the execution end before the next batch. Returns CodeInvalidState unless the job runs.
func (j *Job) Pause(by By) error {
	if j.Status != JobRunning {
		return Errorf(CodeInvalidState, "job %s is %s", j.ID, j.Status)
	}
	return j.move(JobPaused, by)
}

// Resume makes way for the next execution, which goes on where the last one ended. A running job may
// be resumed too, in case its execution has died: the earlier execution ends at its next step.
// Returns CodeInvalidState for a job that has ended.
func (j *Job) Resume(by By) error {
	if j.Ended() {
		return Errorf(CodeInvalidState, "job %s is %s", j.ID, j.Status)
	}
	j.Note = ""
	j.Run++
	j.WatchFrom = time.Time{}
	return j.move(JobRunning, by)
}

// Stop ends the job before the next batch. Returns CodeInvalidState for a job that has ended.
func (j *Job) Stop(by By) error {
	if j.Ended() {
		return Errorf(CodeInvalidState, "job %s is %s", j.ID, j.Status)
	}
	return j.move(JobStopped, by)
}

func (j *Job) move(to JobStatus, by By) error {
	if len(j.Log) >= maxJobLog && to != JobStopped {
		return Errorf(CodeInvalidState, "job %s was paused and resumed too often", j.ID)
	}
	j.Status = to
	j.log(by)
	return nil
}

// interrupt pauses the job by itself.
func (j *Job) interrupt(why string, now time.Time) {
	j.Note, j.Status = why, JobPaused
	j.log(By{At: now, Actor: "job", Reason: why})
}

// Fail pauses a running job whose execution cannot go on. An operator resumes it.
func (j *Job) Fail(why string, now time.Time) {
	if j.Status == JobRunning {
		j.interrupt(why, now)
	}
}

// Listed records that n more members were listed, and where the rest begins; "" if there is none.
func (j *Job) Listed(n int, next string, now time.Time) {
	j.Members += n
	j.Cursor = next
	j.Truncated = next != "" && j.Members >= MaxJobMembers
	switch {
	case next != "" && !j.Truncated:
	case j.Members == 0:
		j.finish(now)
	default:
		j.Step, j.Cursor = JobAct, ""
	}
}

// Batch returns how many members the next step Act takes.
func (j *Job) Batch() int {
	if !j.Judged {
		return j.First
	}
	return max(j.Rate*batchSeconds, (j.Members+jobBatches-1)/jobBatches)
}

// ActedOn records the outcomes of the batch after the action, and its last member. It returns how
// long to wait before the next step.
func (j *Job) ActedOn(batch JobTally, last string, now time.Time) time.Duration {
	j.Tally.Add(batch)
	n := batch.Tried()
	if n > 0 {
		j.Acted = last
	} else {
		j.Members = j.Tally.Tried() // the rows of the others are gone
	}
	wait := shortLook
	if j.Judged {
		wait = time.Duration(n) * time.Second / time.Duration(j.Rate)
	}
	if !j.Judged || j.Tally.Tried() >= j.Members || now.Sub(j.WatchFrom) >= j.lookEvery() {
		j.watch(now)
	}
	return wait
}

// lookEvery returns how often the members are watched while there are others to act on: at most
// about a hundred times, because watching many of them takes several steps.
func (j *Job) lookEvery() time.Duration {
	return max(lookEvery, time.Duration(j.Members)*time.Second/time.Duration(100*j.Rate))
}

func (j *Job) watch(now time.Time) {
	j.Step, j.Cursor, j.Watched, j.WatchFrom = JobWatch, "", JobTally{}, now
}

// WatchedTo records the outcomes of members that were watched, and the last of them; "" if all that
// were acted on are watched. It returns how long to wait before the next step.
func (j *Job) WatchedTo(seen JobTally, last string, now time.Time) time.Duration {
	if j.WatchFrom.IsZero() { // resumed
		j.WatchFrom = now
	}
	j.Watched.Add(seen)
	if j.Cursor = last; last != "" {
		return 0
	}
	j.Tally, j.Watched = j.Watched, JobTally{}
	all := j.Tally.Tried() >= j.Members
	since, patience := now.Sub(j.WatchFrom), lastPatience
	if !all {
		patience = firstPatience
	}
	switch {
	case !all && j.Judged:
		j.Step = JobAct
	case j.Tally.Pending > 0 && since < patience && since < time.Minute:
		return shortLook
	case j.Tally.Pending > 0 && since < patience:
		return longLook
	case all:
		j.finish(now)
	default:
		j.judge(now)
	}
	return 0
}

// judge goes on to the other members, unless most of the first ones were not repaired.
func (j *Job) judge(now time.Time) {
	j.Step, j.Judged = JobAct, true
	if bad := j.Tally.FailedAgain + j.Tally.Refused; 2*bad > j.Tally.Tried() {
		j.interrupt(fmt.Sprintf("%d of the first %d orders were not repaired: the others wait until the job is resumed",
			bad, j.Tally.Tried()), now)
	}
}

func (j *Job) finish(now time.Time) {
	j.Status, j.Step = JobDone, JobEnd
	j.log(By{At: now, Actor: "job"})
}
