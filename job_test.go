package orderflow

import (
	"testing"
	"time"
)

func startedJob(members int) *Job {
	j := &Job{ID: "job_1", Action: JobRedrive, First: 5, Rate: 10}
	j.Begin(By{At: noon, Actor: "operator:olga", Reason: "the provider is back"})
	j.Listed(members, "", noon)
	return j
}

// TestJob_history: whatever the rate, a job of as many members as there may be takes fewer events
// than an execution may have: nine for each step.
func TestJob_history(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 10, MaxJobRate} {
		j := &Job{ID: "job_1", Action: JobRedrive, First: 5, Rate: rate}
		j.Begin(By{At: noon})
		now, steps := noon, 0
		for n := 0; j.Step == JobFreeze; n += 1980 {
			size, next := 1980, "more"
			if n+size >= MaxJobMembers {
				size, next = MaxJobMembers-n, ""
			}
			j.Listed(size, next, now)
			steps++
		}
		for acted := 0; j.Status == JobRunning; steps++ {
			if j.Step == JobAct {
				n := min(j.Batch(), j.Members-acted)
				acted += n
				now = now.Add(j.ActedOn(JobTally{Pending: n}, "ord", now))
				continue
			}
			rest := acted
			for ; rest > 25_000; rest -= 25_000 {
				j.WatchedTo(JobTally{Recovered: 25_000}, "ord", now)
				steps++
			}
			now = now.Add(j.WatchedTo(JobTally{Pending: rest}, "", now))
		}
		if steps*9 > 25_000 || j.Status != JobDone || j.Tally.Tried() != MaxJobMembers {
			t.Errorf("rate %d: %s after %d events, %+v", rate, j.Status, steps*9, j.Tally)
		}
	}
}

func TestJob_firstFail(t *testing.T) {
	t.Parallel()
	j := startedJob(20)
	if j.Batch() != 5 {
		t.Fatalf("the first batch has %d members", j.Batch())
	}
	j.ActedOn(JobTally{Pending: 4, Refused: 1}, "ord_5", noon)
	if wait := j.WatchedTo(JobTally{Pending: 4, Refused: 1}, "", noon); wait == 0 || j.Step != JobWatch {
		t.Errorf("pending: waits %s, then %s", wait, j.Step)
	}
	j.WatchedTo(JobTally{FailedAgain: 2, Refused: 1, Recovered: 2}, "", noon.Add(time.Second))
	if j.Status != JobPaused || j.Note == "" || j.Tally.Tried() != 5 {
		t.Fatalf("%s, %q, %+v", j.Status, j.Note, j.Tally)
	}
	err := j.Resume(By{At: noon, Actor: "operator:olga", Reason: "the others differ"})
	if err != nil || j.Run != 2 || j.Batch() != 100 {
		t.Errorf("resumed: %v, run %d, batch %d", err, j.Run, j.Batch())
	}
	if wait := j.ActedOn(JobTally{Pending: 15}, "ord_20", noon); wait != 1500*time.Millisecond || j.Step != JobWatch {
		t.Errorf("waits %s, then %s", wait, j.Step)
	}
	j.WatchedTo(JobTally{FailedAgain: 2, Refused: 1, Recovered: 17}, "", noon)
	if j.Status != JobDone || j.Resume(By{}) == nil || j.Stop(By{}) == nil || j.Pause(By{}) == nil {
		t.Errorf("%s, or a job that has ended was moved", j.Status)
	}
}

// TestJob_patience: orders that stay pending do not keep a job for ever.
func TestJob_patience(t *testing.T) {
	t.Parallel()
	j, now := startedJob(3), noon
	j.ActedOn(JobTally{Pending: 3}, "ord_3", now)
	looks := 0
	for ; j.Status == JobRunning; looks++ {
		now = now.Add(j.WatchedTo(JobTally{Pending: 3}, "", now))
	}
	if now.Sub(noon) < lastPatience || looks > 60 || j.Tally.Pending != 3 {
		t.Errorf("%d looks in %s, %+v", looks, now.Sub(noon), j.Tally)
	}
}

// TestJob_rowsGone: a job ends although the rows of members are gone.
func TestJob_rowsGone(t *testing.T) {
	t.Parallel()
	j := startedJob(3)
	j.ActedOn(JobTally{Refused: 1}, "ord_1", noon)
	j.WatchedTo(JobTally{Refused: 1}, "", noon)
	if j.Status != JobPaused { // the one that was tried was refused
		t.Fatalf("%s", j.Status)
	}
	if err := j.Resume(By{At: noon}); err != nil {
		t.Fatal(err)
	}
	j.ActedOn(JobTally{}, "", noon)
	j.WatchedTo(JobTally{Refused: 1}, "", noon)
	if j.Status != JobDone {
		t.Errorf("%s", j.Status)
	}
}

func TestJob_empty(t *testing.T) {
	t.Parallel()
	if j := startedJob(0); j.Status != JobDone || j.Step != JobEnd {
		t.Errorf("%s, %s", j.Status, j.Step)
	}
}
