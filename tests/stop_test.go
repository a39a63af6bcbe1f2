package tests

import (
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestStop stops the system with orders in progress: running work ends, nothing fails, and the next
// start continues with the rest.
func TestStop(t *testing.T) { inEachMode(t, testStop) }

func testStop(t *testing.T, args ...string) {
	args = append(args, "--data", t.TempDir(), "--carrier-delay", "500ms")
	s := up(t, args...)
	ada := s.as("ada")
	var ids []string
	for range 10 {
		ids = append(ids, ada.accepted(order("pm_card_visa", item{"jar-preserve-500ml", 1})))
	}
	ada.waiting(ids[len(ids)-1]) // the carrier has the request and will call the API
	s.stop()
	if log := s.stderr.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "refused") {
		t.Errorf("it did not stop cleanly:\n%s", log)
	}
	ada = up(t, args...).as("ada")
	for _, id := range ids {
		if v := ada.ended(id); v.Status != orderflow.Fulfilled {
			t.Errorf("order %s ended %s (%s)", id, v.Status, v.reason())
		}
	}
}
