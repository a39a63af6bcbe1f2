package tasks

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
)

// Repay carries out the refunds that operators have requested, one per event, and notifies the
// customer of each that has arrived. The events come from a queue: what the provider could not do
// is delivered again, and the reconciler requests what was lost or is pending.
type Repay struct {
	Orders  Orders
	Ledger  Ledger
	Gateway Gateway
	Notify  Notify
	Now     Clock
	Log     *slog.Logger
	Errors  MessageErrors // nil: errors are only logged
}

// Handle returns the messages whose refund has an unknown outcome. A refund that is pending or
// failed is recorded as that, and its message is done.
func (r Repay) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	return consumer{r.Log, r.Errors}.eachEvent(ctx, batch, r.repay), nil
}

func (r Repay) repay(ctx context.Context, e orderflow.EventDetail) error {
	err := r.payout().pay(ctx, e.OrderID, e.RefundID)
	switch orderflow.CodeOf(err) {
	case orderflow.CodeRefundPending, orderflow.CodeRefundFailed:
		r.Log.WarnContext(ctx, "refund is not paid out", "orderId", e.OrderID, "refundId", e.RefundID, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("repay: %w", err)
	}
	_, err = r.Notify.Handle(ctx, Input{OrderID: e.OrderID, Kind: orderflow.NotifyRefunded, RefundID: e.RefundID})
	return err
}

func (r Repay) payout() payout {
	return payout{orders: r.Orders, ledger: r.Ledger, gateway: r.Gateway, now: r.Now}
}

// payout carries out single refunds of a captured charge.
type payout struct {
	orders  Orders
	ledger  Ledger
	gateway Gateway
	now     Clock
}

// pay carries out a refund of an order, unless that is done. The ledger entry is written before the
// provider is called; ledger and order are settled at once, so that an outcome that is noticed
// twice is recorded once. Returns CodeRefundPending and CodeRefundFailed, which are recorded,
// CodePaymentUnavailable or CodePaymentUncertain.
func (p payout) pay(ctx context.Context, orderID, refundID string) error {
	_, err := retry(ctx, func() (struct{}, error) { return struct{}{}, p.payOnce(ctx, orderID, refundID) })
	return err
}

func (p payout) payOnce(ctx context.Context, orderID, refundID string) error {
	o, err := p.orders.Order(ctx, orderID)
	if err != nil {
		return err
	}
	refund := o.FindRefund(refundID)
	switch {
	case refund == nil:
		return orderflow.Errorf(orderflow.CodeNotFound, "order %s has no refund %q", orderID, refundID)
	case refund.Status == orderflow.RefundSucceeded:
		return nil
	case !refund.IsOpen():
		return orderflow.Errorf(orderflow.CodeRefundFailed, "refund %s failed: %s", refundID, refund.Failure)
	}
	charge, err := p.ledger.Payment(ctx, orderID, orderflow.ChargeStep)
	if err != nil {
		return err
	}
	if charge == nil || charge.State != orderflow.PaymentSucceeded {
		return orderflow.Errorf(orderflow.CodeInvalidState, "order %s has no captured charge to refund", orderID)
	}
	entry, err := p.begin(ctx, o, refund)
	if err != nil {
		return err
	}
	receipt, reply := p.gateway.Refund(ctx, orderflow.Refund{
		Key: entry.Key(), Earlier: entry.Keys()[1:], OrderID: orderID, ProviderID: charge.ProviderID,
		Captured: charge.Amount, Amount: entry.Amount, Part: true,
	})
	return p.record(ctx, *entry, refundID, receipt, reply)
}

// begin returns the ledger's entry of the refund, after beginning or renewing it if needed.
func (p payout) begin(ctx context.Context, o *orderflow.Order, r *orderflow.OrderRefund) (*orderflow.Payment, error) {
	entry, err := p.ledger.Payment(ctx, o.ID, orderflow.PartialRefundStep(r.ID))
	if err != nil {
		return nil, err
	}
	if entry == nil {
		entry = orderflow.NewPartialRefund(o, r, p.now().UTC())
		if err := entry.Begin(); err != nil {
			return nil, err
		}
	} else if !entry.Renew(p.now()) {
		return entry, nil
	}
	return entry, p.orders.Commit(ctx, orderflow.Write{Payment: entry})
}

// record writes the provider's reply to the ledger and the order, and returns the reply.
func (p payout) record(ctx context.Context, entry orderflow.Payment, refundID string, receipt orderflow.Receipt,
	reply error) error {
	by := p.now.by("repay", "")
	_, err := updateOnce(ctx, p.orders, entry.OrderID, func(o *orderflow.Order, w *orderflow.Write) error {
		if reply == nil {
			w.Payment = &entry
			if err := entry.Refund(receipt, by.At); err != nil {
				return err
			}
			return o.SettleRefund(refundID, by)
		}
		if entry.NoteKeySpent(reply, by.At) {
			w.Payment = &entry
		}
		by.Reason = string(orderflow.CodeOf(reply))
		switch orderflow.CodeOf(reply) {
		case orderflow.CodeRefundPending:
			o.NoteRefundPending(refundID, by)
		case orderflow.CodeRefundFailed:
			o.NoteRefundFailed(refundID, orderflow.MessageOf(reply), by)
		}
		return nil
	})
	if err != nil || reply == nil {
		return err
	}
	return providerError(reply)
}

// payOpen carries out the open refunds of an order.
func (p payout) payOpen(ctx context.Context, o *orderflow.Order) error {
	for i := range o.Refunds {
		if o.Refunds[i].Status == orderflow.RefundSucceeded || o.Refunds[i].Acknowledged {
			continue
		}
		if err := p.pay(ctx, o.ID, o.Refunds[i].ID); err != nil {
			return err
		}
	}
	return nil
}
