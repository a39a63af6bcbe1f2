package tasks

import (
	"context"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
)

// logPublished logs how many orders the events report as placed, ended and failed. template.yaml
// turns the line into CloudWatch metrics. Events that the stream delivers again are published and
// counted again.
func logPublished(ctx context.Context, log *slog.Logger, events []pendingEvent) {
	if len(events) == 0 {
		return
	}
	var placed, failed int
	ended := map[orderflow.Status]int{}
	for _, e := range events {
		switch e.detail.Type {
		case orderflow.OrderPlaced:
			placed++
		case orderflow.OrderStatusChanged:
			ended[e.detail.Status]++
		case orderflow.OrderAttentionChanged, orderflow.ShipmentDispatchedLate:
			if e.detail.Attention {
				failed++
			}
		}
	}
	log.InfoContext(ctx, "published", "events", len(events), "placed", placed, "fulfilled", ended[orderflow.Fulfilled],
		"rejected", ended[orderflow.Rejected], "cancelled", ended[orderflow.Cancelled], "failed", failed)
}

// logReconciled logs the result of a run. template.yaml turns stuckSeconds into a CloudWatch
// metric.
func logReconciled(ctx context.Context, log *slog.Logger, r Reconciled) {
	log.InfoContext(ctx, "reconciled", "checked", r.Checked, "started", r.Started, "answered", r.Answered, "renewed",
		r.Renewed, "resent", r.Resent, "reauthorized", r.Reauthorized,
		"marked", r.Marked, "cleared", r.Cleared, "removed", r.Removed, "letters", r.Letters,
		"expired", r.Expired, "redriven", r.Redriven, "waiting", r.Waiting, "failed", r.Failed, "complete", r.Complete,
		"stuckSeconds", r.StuckSeconds)
}

// logMailed logs how many messages of a batch were dealt with. template.yaml turns failed into a
// CloudWatch metric.
func logMailed(ctx context.Context, log *slog.Logger, messages, failed int) {
	log.InfoContext(ctx, "mailed", "messages", messages, "failed", failed)
}
