package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/orderflow-dev/orderflow"
)

// Stream is a batch of records of the orders table's stream, view type NEW_AND_OLD_IMAGES, as
// Lambda delivers it.
type Stream struct {
	Records []StreamRecord `json:"Records"`
}

// StreamRecord is one write of an order. It added the changes after the sequence Published.
type StreamRecord struct {
	SequenceNumber string
	Order          *orderflow.Order // nil if the order was removed
	Published      int64
}

// UnmarshalJSON reads {"dynamodb":{"SequenceNumber","NewImage","OldImage"}}, images in DynamoDB's
// typed JSON.
func (r *StreamRecord) UnmarshalJSON(raw []byte) error {
	var in struct {
		DynamoDB struct {
			SequenceNumber string
			NewImage       json.RawMessage
			OldImage       *struct {
				Sequence struct{ N string } `json:"sequence"` // the only attribute needed
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
	var err error
	if r.Order, err = orderOfImage(in.DynamoDB.NewImage); err != nil {
		return fmt.Errorf("read stream record %s: %w", r.SequenceNumber, err)
	}
	if old := in.DynamoDB.OldImage; old != nil {
		if r.Published, err = strconv.ParseInt(old.Sequence.N, 10, 64); err != nil {
			return fmt.Errorf("read stream record %s: old sequence: %w", r.SequenceNumber, err)
		}
	}
	return nil
}

func orderOfImage(image []byte) (*orderflow.Order, error) {
	plain, err := plainJSON(image)
	if err != nil {
		return nil, err
	}
	o := &orderflow.Order{}
	if err := json.Unmarshal(plain, o); err != nil {
		return nil, err
	}
	if o.ID == "" || len(o.Timeline) == 0 {
		return nil, errors.New("the image is not an order")
	}
	return o, nil
}
