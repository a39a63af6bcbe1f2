package tests

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/orderflow-dev/orderflow"
)

// TestFullDisk fills the disk of a system with running orders: it ends with one sentence and exit
// code 3. After a start with room every accepted order is there and ends.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	args := []string{"--data", filepath.Join(t.TempDir(), "data")}
	s := up(t, args...)
	ada := s.as("ada")
	var ids []string
	for i := range 10_000 {
		if i == 10 {
			s.takeRoom()
		}
		ctx, cancel := context.WithTimeout(t.Context(), settle)
		key := http.Header{"Idempotency-Key": {strings.Repeat("k", i+1)}}
		res, err := ada.try(ctx, http.MethodPost, "/orders", key, order("pm_card_visa", item{"twine-jute-100m", 1}))
		cancel()
		if err != nil || res.Status != http.StatusAccepted {
			break
		}
		var v view
		res.into(&v)
		ids = append(ids, v.OrderID)
	}
	wantExit(t, s, 3, "the disk is full")
	if len(ids) < 10 {
		t.Fatalf("%d orders were accepted", len(ids))
	}
	ada = up(t, args...).as("ada")
	for _, id := range ids {
		if v := ada.ended(id); v.Status != orderflow.Fulfilled {
			t.Errorf("order %s ended %s (%s)", id, v.Status, v.reason())
		}
	}
}

// takeRoom limits the size of every file of the system to one byte.
func (s *system) takeRoom() {
	s.t.Helper()
	var limit unix.Rlimit
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		s.t.Fatal(err)
	}
	limit.Cur = 1
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		s.t.Fatal(err)
	}
}
