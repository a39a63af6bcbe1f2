package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// requestReturn records that the customer sends goods back.
func (s *server) requestReturn(r *request) (*reply, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Lines  []orderflow.Units `json:"lines"`
		Reason string            `json:"reason"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if _, err := s.ownOrder(r); err != nil {
		return nil, err
	}
	request := orderflow.ReturnRequest{
		ID: derivedID("ret_", key, r.values["orderId"]), Lines: body.Lines, Request: fingerprint(r.body),
	}
	by := orderflow.By{At: s.now(), Actor: "customer:" + r.caller.Subject, Reason: body.Reason}
	replayed := false
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		if old := o.FindReturn(request.ID); old != nil {
			replayed = true
			return sameRequest(old.Request, r.body)
		}
		_, err := o.RequestReturn(request, s.ReturnWindow, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	made := o.FindReturn(request.ID)
	return created(http.StatusCreated, "/orders/"+o.ID, replayed, struct {
		OrderID     string                 `json:"orderId"`
		ReturnID    string                 `json:"returnId"`
		Status      orderflow.ReturnStatus `json:"status"`
		Lines       []orderflow.Units      `json:"lines"`
		RequestedAt moment                 `json:"requestedAt"`
	}{
		OrderID: o.ID, ReturnID: made.ID, Status: orderflow.ReturnRequested, Lines: made.Lines,
		RequestedAt: moment{made.At},
	})
}

// opsReceiveReturn records which goods of a return have arrived: the stock moves in the same write,
// and the refund is requested.
func (s *server) opsReceiveReturn(r *request) (*reply, error) {
	var body struct {
		Lines   []orderflow.Units `json:"lines"`
		Restock bool              `json:"restock"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	goods := orderflow.ReceivedGoods{
		Lines: body.Lines, Restock: body.Restock, RefundID: derivedID("rfd_", r.values["returnId"], r.values["orderId"]),
	}
	by := orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject}
	o, err := s.changeStock(r.Context(), r.values["orderId"], func(o *orderflow.Order) ([]orderflow.StockMove, error) {
		return o.ReceiveReturn(r.values["returnId"], goods, by)
	})
	if err != nil {
		return nil, err
	}
	return s.answerReturn(o, r.values["returnId"])
}

// changeStock is changeOrder with the stock moves that do returns.
func (s *server) changeStock(ctx context.Context, id string,
	do func(*orderflow.Order) ([]orderflow.StockMove, error)) (*orderflow.Order, error) {
	var moves []orderflow.StockMove
	load := func() (*orderflow.Order, error) { return s.Orders.Order(ctx, id) }
	changed := func(o *orderflow.Order) (_ bool, err error) {
		before := o.Sequence
		moves, err = do(o)
		return o.Sequence != before, err
	}
	save := func(o *orderflow.Order) error {
		return s.Orders.Commit(ctx, orderflow.Write{Order: o, Stock: moves})
	}
	o, err := change(ctx, load, changed, save)
	if err != nil {
		return nil, fmt.Errorf("change order %s: %w", id, err)
	}
	return o, nil
}

// opsRefuseReturn ends a return without a refund.
func (s *server) opsRefuseReturn(r *request) (*reply, error) {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	by := orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject, Message: body.Reason}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		return o.RefuseReturn(r.values["returnId"], by)
	})
	if err != nil {
		return nil, err
	}
	return s.answerReturn(o, r.values["returnId"])
}

func (s *server) answerReturn(o *orderflow.Order, id string) (*reply, error) {
	return jsonReply(http.StatusOK, struct {
		OrderID string        `json:"orderId"`
		Return  opsReturnView `json:"return"`
	}{o.ID, viewOpsReturn(o.FindReturn(id))})
}
