package orderflow

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestActMonths(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 31, 23, 30, 0, 0, time.FixedZone("far", -2*3600)) // February in UTC
	random := strings.NewReader(strings.Repeat("x", 100))
	act, err := NewAct(now, random)
	if err != nil || act.Month() != "2027-02" {
		t.Fatalf("%+v, %v", act, err)
	}
	all, err := ActMonths("", now)
	if err != nil || len(all) != 15 || all[0] != "2027-02" || all[1] != "2027-01" || all[14] != "2025-12" {
		t.Errorf("%v, %v", all, err)
	}
	older, err := NewAct(now.AddDate(0, -13, 0), random)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ActMonths(older.ID, now); err != nil || !slices.Equal(got, []string{"2026-01", "2025-12"}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, id := range []string{"act_", "ord_" + act.ID[4:], act.ID + "0", "act_UUUUUUUUUUUUUUUUUUUUUUUUUU"} {
		if got, err := ActMonths(id, now); err == nil {
			t.Errorf("%s: %v", id, got)
		}
	}
}
