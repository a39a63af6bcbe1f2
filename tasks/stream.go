package tasks

import "github.com/orderflow-dev/orderflow"

// Stream is a batch of records of the orders table's stream.
type Stream struct {
	Records []StreamRecord
}

// StreamRecord is one write of an order. It added the changes after the sequence Published.
type StreamRecord struct {
	SequenceNumber string
	Order          *orderflow.Order // nil if the order was removed
	Published      int64
}

// Changes returns the new changes of the order as events.
func (r StreamRecord) Changes() []orderflow.EventDetail {
	if r.Order == nil {
		return nil
	}
	return r.Order.EventsSince(r.Published)
}
