package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// stuckView is an open order, and what it waits for.
type stuckView struct {
	opsSummaryView
	WaitsFor orderflow.WaitsFor `json:"waitsFor"`
	Since    moment             `json:"since"`
	Until    *moment            `json:"until,omitempty"`
}

func (s *server) opsListStuck(r *request) (*reply, error) {
	seconds, err := strconv.Atoi(r.values["olderThan"])
	if err != nil {
		return nil, fmt.Errorf("read olderThan: %w", err) // a bug: its schema was checked
	}
	before := s.now().Add(-time.Duration(seconds) * time.Second)
	orders, more, err := s.OrderLists.OldestOpen(r.Context(), before, r.limit())
	if err != nil {
		return nil, fmt.Errorf("list open orders: %w", err)
	}
	views := make([]stuckView, len(orders))
	for i, o := range orders {
		w := o.Waiting()
		views[i] = stuckView{opsSummaryView: viewOpsSummary(o), WaitsFor: w.For, Since: moment{w.Since}, Until: optional(w.Until)}
	}
	return jsonReply(http.StatusOK, struct {
		Orders []stuckView `json:"orders"`
		More   bool        `json:"more"`
	}{views, more})
}
