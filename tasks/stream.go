package tasks

import (
	"encoding/json"
	"fmt"

	"orderflow"
)

// Stream is a batch of records of the orders table's stream, view type NEW_AND_OLD_IMAGES.
type Stream struct {
	Records []StreamRecord `json:"Records"`
}

// StreamRecord is what one write made of an order: the changes that it added are those after the sequence Published.
type StreamRecord struct {
	SequenceNumber string
	Order          *orderflow.Order // nil if the order was removed. Only the fields that events need are set
	Published      int64
}

// Changes are the new changes of the order, as events.
func (r StreamRecord) Changes() []orderflow.EventDetail {
	if r.Order == nil {
		return nil
	}
	var out []orderflow.EventDetail
	for _, c := range r.Order.Timeline {
		if c.Sequence > r.Published {
			out = append(out, r.Order.Event(c))
		}
	}
	return out
}

// UnmarshalJSON reads a record as Lambda delivers it: {"dynamodb":{"SequenceNumber","NewImage","OldImage"}}, images in DynamoDB's typed JSON.
func (r *StreamRecord) UnmarshalJSON(raw []byte) error {
	var in struct {
		DynamoDB struct {
			SequenceNumber string
			NewImage       *image
			OldImage       *struct {
				Sequence attribute `json:"sequence"`
			}
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("read stream record: %w", err)
	}
	r.SequenceNumber = in.DynamoDB.SequenceNumber
	if in.DynamoDB.NewImage == nil {
		return nil
	}
	var f fields
	r.Order = in.DynamoDB.NewImage.order(&f)
	if old := in.DynamoDB.OldImage; old != nil {
		r.Published = f.number("old sequence", old.Sequence)
	}
	if f.err != nil {
		return fmt.Errorf("read stream record %s: %w", r.SequenceNumber, f.err)
	}
	return nil
}
