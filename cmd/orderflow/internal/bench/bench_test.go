package bench

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestOrders_Measure measures a few orders and checks that all are fulfilled. It does not judge the
// speed.
func TestOrders_Measure(t *testing.T) {
	t.Parallel()
	report, err := Orders{N: 3, Concurrency: 2, InMemory: true}.Measure(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil || report.Err() != nil {
		t.Fatal(err, report)
	}
	var out bytes.Buffer
	if err := report.Print(&out); err != nil || !strings.HasPrefix(out.String(), "3 orders, 2 in flight") ||
		!strings.Contains(out.String(), "NOT durable") {
		t.Errorf("%v, printed %s", err, &out)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	d := []time.Duration{4 * time.Millisecond, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond}
	for p, want := range map[float64]float64{0: 1, 0.5: 3, 0.99: 4, 1: 4} {
		if got := percentile(d, p); got != want {
			t.Errorf("percentile %v: %v, want %v", p, got, want)
		}
	}
}
