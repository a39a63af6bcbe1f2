package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

const redriveAll = `{"action":"redrive","reason":"the provider is back","attention":true}`

func (f *fixture) startJob(key, body string) *response {
	return f.do(call{by: &operator, method: "POST", path: "/ops/jobs", body: body, headers: []string{"Idempotency-Key: " + key}})
}

// job starts a job and returns its id.
func (f *fixture) job() string {
	f.Helper()
	return decoded[jobView](f.startJob("job", redriveAll).expect(201, "")).JobID
}

func TestOpsStartJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res := f.startJob("k", redriveAll).expect(201, "")
	j := decoded[jobView](res)
	if res.header.Get("Location") != "/ops/jobs/"+j.JobID || j.First != 5 || j.Rate != 10 || j.Status != "RUNNING" ||
		j.Step != "FREEZE" || !*j.Selection.Attention || j.Log[0].Actor != "operator:olga" || j.Log[0].Reason != "the provider is back" {
		t.Errorf("got %v %s", res.header, res.body)
	}
	if again := f.startJob("k", redriveAll).expect(201, ""); string(again.body) != string(res.body) {
		t.Errorf("got %s", again.body)
	}
	f.startJob("k", strings.Replace(redriveAll, "back", "up", 1)).expect(422, "IdempotencyKeyReused")
	if !slices.Equal(f.jobs.started, []string{j.JobID + "-1"}) {
		t.Errorf("started %v", f.jobs.started)
	}
	f.do(call{by: &operator, method: "POST", path: "/ops/jobs", body: redriveAll}).expect(400, "IdempotencyKeyMissing")
	for body, want := range map[string]string{
		`{"action":"redrive","reason":"x"}`:                                              "must select orders",
		`{"action":"redrive","reason":"x","status":"PAID","orderIds":["` + known + `"]}`: "together with a filter",
		`{"action":"cancel","reason":"x","status":"PAID"}`:                               "must not be cancel",
		`{"action":"refund","reason":"x","attention":true}`:                              "must be one of",
		`{"action":"redrive","reason":"x","attention":true,"rate":101}`:                  "from 1 to 100",
		`{"action":"redrive","reason":"x","failures":"3f0a9c51d2e8"}`:                    "is not known",
	} {
		if res := f.startJob("other", body).expect(422, "InvalidRequest"); !strings.Contains(string(res.body), want) {
			t.Errorf("%s: got %s, want %q", body, res.body, want)
		}
	}
}

const known = "ord_000sksmeyf00rq2d2yxq4fhqgr"

func TestOpsStartJob_dryRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	failed, fine := f.placedBy(&ada), f.placedBy(&ada)
	f.failedExecution(failed)
	body := fmt.Sprintf(`{"action":"redrive","reason":"x","dryRun":true,"orderIds":["%s","%s","%s","%s"]}`, failed, fine, failed, known)
	p := decoded[jobPreview](f.startJob("k", body).expect(200, ""))
	if p.Orders != 1 || p.Samples[0] != failed || len(p.Value) != 1 || len(p.Refused) != 2 {
		t.Errorf("got %+v", p)
	}
	p = decoded[jobPreview](f.startJob("k", `{"action":"cancel","reason":"x","dryRun":true,"customerId":"ada"}`).expect(200, ""))
	if p.Orders != 2 || len(p.Refused) != 0 || p.Truncated {
		t.Errorf("got %+v", p)
	}
	if o, err := f.load(fine); err != nil || o.Cancel != nil || len(f.jobs.all) != 0 {
		t.Errorf("a dry run changed something: %+v, %v", o, err)
	}
}

func TestOpsMoveJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.job()
	path, reason := "/ops/jobs/"+id+"/", `{"reason":"wait for the provider"}`
	for _, step := range []struct {
		action string
		status int
		want   orderflow.JobStatus
	}{
		{"pause", 200, orderflow.JobPaused}, {"pause", 409, ""}, {"resume", 200, orderflow.JobRunning},
		{"resume", 200, orderflow.JobRunning}, {"stop", 200, orderflow.JobStopped}, {"resume", 409, ""}, {"stop", 409, ""},
	} {
		code := ""
		if step.status != 200 {
			code = "InvalidState"
		}
		res := f.post(&operator, path+step.action, reason).expect(step.status, code)
		if code == "" && decoded[jobView](res).Status != step.want {
			t.Errorf("%s: got %s", step.action, res.body)
		}
	}
	if want := []string{id + "-1", id + "-2", id + "-3"}; !slices.Equal(f.jobs.started, want) {
		t.Errorf("started %v, want %v", f.jobs.started, want)
	}
	if log := decoded[jobView](f.get(&operator, "/ops/jobs/"+id).expect(200, "")).Log; len(log) != 5 || log[4].Reason != "wait for the provider" {
		t.Errorf("got %+v", log)
	}
	f.get(&operator, "/ops/jobs/job_000sksmeyf00rq2d2yxq4fhqgr").expect(404, "NotFound")
	f.get(&ada, "/ops/jobs/"+id).expect(403, "OperatorsOnly")
}

// TestOpsStartJob_notStarted: a job whose execution could not be started is paused, and can be
// resumed.
func TestOpsStartJob_notStarted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.jobs.broken = errors.New("broken")
	f.startJob("k", redriveAll).expect(500, "Internal")
	page := decoded[struct{ Jobs []jobView }](f.get(&operator, "/ops/jobs").expect(200, ""))
	if len(page.Jobs) != 1 || page.Jobs[0].Status != orderflow.JobPaused || page.Jobs[0].Note == "" {
		t.Fatalf("got %+v", page)
	}
	f.jobs.broken = nil
	f.post(&operator, "/ops/jobs/"+page.Jobs[0].JobID+"/resume", `{"reason":"again"}`).expect(200, "")
}

func TestOpsListJobMembers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.job()
	for n := range 30 {
		m := orderflow.JobMember{JobID: id, OrderID: fmt.Sprintf("ord_%026d", n), Outcome: orderflow.OutcomeRecovered, At: noon}
		if n%10 == 0 {
			m.Refuse("too late")
		}
		f.jobs.members = append(f.jobs.members, m)
	}
	var got []jobMemberView
	for cursor := ""; ; {
		res := f.get(&operator, "/ops/jobs/"+id+"/members?limit=2&outcome=REFUSED"+cursor).expect(200, "")
		page := decoded[struct {
			Members []jobMemberView
			Next    string
		}](res)
		got = append(got, page.Members...)
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	if len(got) != 3 || got[2].Why != "too late" || got[2].OrderID != "ord_00000000000000000000000020" {
		t.Errorf("got %+v", got)
	}
	f.get(&operator, "/ops/jobs/"+id+"/members?outcome=LOST").expect(400, "InvalidParameter")
}
