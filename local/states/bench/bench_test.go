package bench

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMain_JSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, args string
		check      func(Report) bool
	}{
		{"in memory", "--in-memory --runs 1 --orders 200 --in-flight 8 --retries=false",
			func(r Report) bool { return len(r.Results) == 2 && r.Results[1].PerSecond > 0 && !r.Results[1].Durable }},
		{"durable, HTTP", "--http --runs 1 --orders 200 --in-flight 8 --retries=false", func(r Report) bool {
			return len(r.Results) == 2 && r.Results[1].Durable && r.Results[1].Interface == "HTTP" &&
				r.Results[1].Flushes > 0 && r.Ratio > 0
		}},
		{"finished", "--finished 500 --runs 1 --orders 200 --in-flight 8",
			func(r Report) bool { return r.Finished != nil && r.Finished.PerSecond > 0 && r.Finished.ListP99 > 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			args := append(strings.Fields(tt.args), "--json", "--dir", t.TempDir())
			if code := Main(args, &stdout, &stderr); code != 0 {
				t.Fatalf("code %d: %s", code, &stderr)
			}
			var r Report
			if err := json.Unmarshal([]byte(stdout.String()), &r); err != nil {
				t.Fatal(err)
			}
			if !tt.check(r) {
				t.Errorf("report %s", &stdout)
			}
		})
	}
}

func TestMain_Arguments(t *testing.T) {
	t.Parallel()
	for args, code := range map[string]int{"--help": 0, "--in-flight many": 2, "--orders 1": 2, "--fast": 2, "now": 2} {
		var stdout, stderr strings.Builder
		if got := Main(strings.Fields(args), &stdout, &stderr); got != code {
			t.Errorf("%s: code %d, want %d: %s", args, got, code, &stderr)
		}
	}
}

func TestOrder_Check(t *testing.T) {
	t.Parallel()
	o := newOrder("RUN", 1, false)
	good := `{"orderId":"RUN-0000001","validate":{"valid":true},` +
		`"reserveStock":{"reservationId":"r-RUN-0000001"},"charge":{"chargeId":"ch-RUN-0000001","amount":` +
		"TOTAL" +
		`},"recordPaid":{"status":"PAID"},"ship":{"trackingId":"t-RUN-0000001"},` +
		`"recordFulfilled":{"status":"FULFILLED"},"notify":{"notified":true}}`
	total, err := json.Marshal(o.Total)
	if err != nil {
		t.Fatal(err)
	}
	good = strings.Replace(good, "TOTAL", string(total), 1)
	if err := o.check(good); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"PAID", "true", "t-RUN", "amount", "ch-RUN", "r-RUN", "FULFILLED"} {
		if o.check(strings.Replace(good, wrong, "x", 1)) == nil {
			t.Errorf("an output without %s was taken", wrong)
		}
	}
}
