package cloud

import (
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func newJob(t *testing.T, jobs *Jobs, n int) *orderflow.Job {
	t.Helper()
	j := &orderflow.Job{ID: fmt.Sprintf("job_%02d", n), Action: orderflow.JobRedrive, First: 5, Rate: 10}
	j.Selection.Failure = "3f0a9c51d2e8"
	j.Begin(orderflow.By{At: noon, Actor: "operator:olga", Reason: "the provider is back"})
	if earlier, err := jobs.AddJob(t.Context(), j, "key "+j.ID, []byte("answer"), noon, noon.Add(time.Hour)); err != nil || earlier != nil {
		t.Fatalf("got %q, %v", earlier, err)
	}
	return j
}

func TestJobs(t *testing.T) {
	t.Parallel()
	jobs := &Jobs{DB: localDB(t), Table: "jobs", Idempotency: "idempotency"}
	for n := range 3 {
		newJob(t, jobs, n)
	}
	again := &orderflow.Job{ID: "job_99"}
	if earlier, err := jobs.AddJob(t.Context(), again, "key job_01", nil, noon, noon.Add(time.Hour)); err != nil || string(earlier) != "answer" {
		t.Errorf("the same key: got %q, %v", earlier, err)
	}
	first, next, err := jobs.ListJobs(t.Context(), "", 2)
	if err != nil || len(first) != 2 || first[0].ID != "job_02" || next != "job_01" {
		t.Fatalf("got %v, next %q, %v", first, next, err)
	}
	if rest, next, err := jobs.ListJobs(t.Context(), next, 2); err != nil || len(rest) != 1 || rest[0].ID != "job_00" || next != "" {
		t.Errorf("got %v, next %q, %v", rest, next, err)
	}

	j, err := jobs.Job(t.Context(), "job_01")
	if err != nil || j.Selection.Failure != "3f0a9c51d2e8" || j.Log[0].Reason != "the provider is back" {
		t.Fatalf("got %+v, %v", j, err)
	}
	stale := *j
	if err := jobs.SaveJob(t.Context(), j); err != nil || j.Version != 1 {
		t.Fatalf("version %d, %v", j.Version, err)
	}
	if err := jobs.SaveJob(t.Context(), &stale); orderflow.CodeOf(err) != orderflow.CodeConflict {
		t.Errorf("a stale job: got %v", err)
	}
	if _, err := jobs.Job(t.Context(), "job_77"); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("no job: got %v", err)
	}
}

func TestJobs_members(t *testing.T) {
	t.Parallel()
	jobs := &Jobs{DB: localDB(t), Table: "jobs", Idempotency: "idempotency"}
	var members []orderflow.JobMember
	for n := range 30 {
		members = append(members, orderflow.JobMember{JobID: "job_00", OrderID: fmt.Sprintf("ord_%02d", n)})
	}
	if err := jobs.AddMembers(t.Context(), members); err != nil {
		t.Fatal(err)
	}
	members[3].Refuse("too late")
	if err := jobs.SaveMembers(t.Context(), members[3:4]); err != nil {
		t.Fatal(err)
	}
	members[3] = orderflow.JobMember{JobID: "job_00", OrderID: "ord_03"}
	if err := jobs.AddMembers(t.Context(), members); err != nil { // a repeated step
		t.Fatal(err)
	}
	var got []orderflow.JobMember
	for after := ""; ; {
		some, next, err := jobs.ListMembers(t.Context(), "job_00", after, 7)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, some...)
		if after = next; after == "" {
			break
		}
	}
	if len(got) != 30 || got[3].Why != "too late" || got[29].OrderID != "ord_29" {
		t.Errorf("got %+v", got)
	}
}
