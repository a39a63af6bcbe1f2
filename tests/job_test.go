package tests

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestJob repairs the orders of an outage with one job: a dry run, the first orders, a pause, and
// the others. The system is killed in the middle.
func TestJob(t *testing.T) { inEachMode(t, testJob) }

type jobAnswer struct {
	JobID   string
	Status  orderflow.JobStatus
	Note    string
	Members int
	Tried   int
	Tally   orderflow.JobTally
}

func testJob(t *testing.T, args ...string) {
	const n = 6
	args = append(args, "--data", t.TempDir())
	s := up(t, args...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	var ids []string
	for range n {
		ids = append(ids, ada.accepted(order("pm_sandbox_outage", item{"clock-wall-oak", 1})))
	}
	for _, id := range ids {
		olga.marked(id, "PaymentUnavailable")
	}
	var groups struct{ Failures []struct{ Failure string } }
	olga.get("/ops/failures").expect(http.StatusOK).into(&groups)
	failure := groups.Failures[0].Failure

	post := func(body string) *answer {
		return olga.request(http.MethodPost, "/ops/jobs", http.Header{"Idempotency-Key": {"repair-1"}}, []byte(body))
	}
	post(`{"action":"redrive","reason":"all"}`).problem(http.StatusUnprocessableEntity, "InvalidRequest")
	post(`{"action":"cancel","reason":"all","attention":true}`).problem(http.StatusUnprocessableEntity, "InvalidRequest")
	var preview struct {
		Orders  int
		Value   []orderflow.Money
		Refused []struct{ Why string }
	}
	post(`{"action":"redrive","reason":"the provider is back","dryRun":true,"failure":"` + failure + `"}`).expect(http.StatusOK).into(&preview)
	if preview.Orders != n || len(preview.Value) != 1 || len(preview.Refused) != 0 {
		t.Errorf("the dry run says %+v", preview)
	}

	s.outage(false)
	body := fmt.Sprintf(`{"action":"redrive","reason":"the provider is back","failure":"%s","first":2,"rate":100}`, failure)
	var job, again jobAnswer
	post(body).expect(http.StatusCreated).into(&job)
	post(body).expect(http.StatusCreated).into(&again)
	if again.JobID != job.JobID {
		t.Errorf("the same request started %s and %s", job.JobID, again.JobID)
	}
	read := func() (j jobAnswer) {
		olga.get("/ops/jobs/" + job.JobID).expect(http.StatusOK).into(&j)
		return j
	}
	eventually(t, "the first orders are tried", func() bool { return read().Tried > 0 })
	s.kill()
	s = up(t, args...)
	olga = s.as("olga", "operators")
	control := func(action string) *answer {
		return olga.request(http.MethodPost, "/ops/jobs/"+job.JobID+"/"+action, nil, []byte(`{"reason":"a look"}`))
	}
	if j := read(); j.Status == orderflow.JobRunning {
		control("pause").expect(http.StatusOK)
		control("pause").problem(http.StatusConflict, "InvalidState")
		control("resume").expect(http.StatusOK)
	}
	eventually(t, "the job is done", func() bool { return read().Status == orderflow.JobDone })
	if j := read(); j.Members != n || j.Tally != (orderflow.JobTally{Recovered: n}) {
		t.Errorf("the job is %+v", j)
	}
	control("stop").problem(http.StatusConflict, "InvalidState")
	for _, id := range ids {
		var v view
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		if v.Status != orderflow.Fulfilled || v.Execution.RedriveCount != 1 {
			t.Errorf("order %s is %s after %d redrives", id, v.Status, v.Execution.RedriveCount)
		}
	}
	var members struct {
		Members []struct{ OrderID, Outcome string }
	}
	olga.get("/ops/jobs/" + job.JobID + "/members?outcome=RECOVERED").expect(http.StatusOK).into(&members)
	if len(members.Members) != n {
		t.Errorf("members %+v", members)
	}
	olga.get("/ops/jobs").expect(http.StatusOK)
	s.checkInvariants(events)
}
