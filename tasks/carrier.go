package tasks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Carrier is a sandbox carrier that dispatches every shipment: it waits for Delay, then calls the
// signed webhook as a real carrier does. It keeps no state: its answer depends only on the
// shipment's id, so a repeated request gets the same answer, which every carrier must ensure. It
// reads the order before it dispatches, because cancels are not sent to it.
type Carrier struct {
	Orders interface {
		Order(ctx context.Context, id string) (*orderflow.Order, error)
	}
	Client     *http.Client
	WebhookURL string
	Secret     string
	Delay      time.Duration
	Now        Clock
	Log        *slog.Logger
	Errors     MessageErrors // nil: errors are only logged
}

// webhookTimeout is how long one call of the webhook may take.
const webhookTimeout = 5 * time.Second

// Handle reports the messages whose webhook call failed: the queue delivers them again.
func (c Carrier) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	return consumer{c.Log, c.Errors}.eachEvent(ctx, batch, c.dispatch), nil
}

func (c Carrier) dispatch(ctx context.Context, e orderflow.EventDetail) error {
	if e.ShipmentID == "" {
		return fmt.Errorf("dispatch order %s: the event has no shipmentId", e.OrderID)
	}
	select {
	case <-time.After(c.Delay):
	case <-ctx.Done():
		return fmt.Errorf("dispatch order %s: %w", e.OrderID, ctx.Err())
	}
	o, err := c.Orders.Order(ctx, e.OrderID)
	if err != nil {
		return fmt.Errorf("dispatch order %s: %w", e.OrderID, err)
	}
	if o.Cancel != nil {
		return nil
	}
	body, err := json.Marshal(orderflow.ShipmentNotice{
		ShipmentID: e.ShipmentID, OrderID: e.OrderID, Status: orderflow.NoticeDispatched,
		Carrier: "Sandbox Parcel", TrackingNumber: "SP" + strings.ToUpper(strings.TrimPrefix(e.ShipmentID, "shp_")),
	})
	if err != nil {
		return fmt.Errorf("dispatch order %s: %w", e.OrderID, err)
	}
	if err := c.post(ctx, body); err != nil {
		return fmt.Errorf("dispatch order %s: %w", e.OrderID, err)
	}
	return nil
}

// post calls the webhook. 409 and 410 mean that the order no longer accepts this answer (a cancel
// won, or the order has ended), so the request is done.
func (c Carrier) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(orderflow.SignatureHeader, orderflow.SignWebhook(c.Secret, c.Now(), body))
	res, err := c.Client.Do(req)
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)); err != nil {
		return fmt.Errorf("read webhook response: %w", err)
	}
	if res.StatusCode/100 == 2 || res.StatusCode == http.StatusConflict || res.StatusCode == http.StatusGone {
		return nil
	}
	return fmt.Errorf("webhook returned %s", res.Status)
}
