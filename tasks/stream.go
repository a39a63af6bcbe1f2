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

// eventFields are the attributes of an order that its events need.
var eventFields = []string{"id", "customerId", "total", "timeline", "shipment"}

// UnmarshalJSON reads a record as Lambda delivers it: {"dynamodb":{"SequenceNumber","NewImage","OldImage"}}, images in DynamoDB's typed JSON.
func (r *StreamRecord) UnmarshalJSON(raw []byte) error {
	var in struct {
		DynamoDB struct {
			SequenceNumber string
			NewImage       map[string]json.RawMessage
			OldImage       map[string]json.RawMessage
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("read stream record: %w", err)
	}
	r.SequenceNumber = in.DynamoDB.SequenceNumber
	if in.DynamoDB.NewImage == nil {
		return nil
	}
	r.Order = &orderflow.Order{}
	if err := readImage(in.DynamoDB.NewImage, r.Order, eventFields...); err != nil {
		return fmt.Errorf("read stream record %s: %w", r.SequenceNumber, err)
	}
	var old orderflow.Order
	if err := readImage(in.DynamoDB.OldImage, &old, "sequence"); err != nil {
		return fmt.Errorf("read stream record %s: %w", r.SequenceNumber, err)
	}
	r.Published = old.Sequence
	return nil
}

// readImage reads some attributes of an image into v by their names in JSON.
func readImage(image map[string]json.RawMessage, v any, names ...string) error {
	doc := make(map[string]any, len(names))
	for _, name := range names {
		raw, ok := image[name]
		if !ok {
			continue
		}
		value, err := plain(raw)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
		doc[name] = value
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// attribute is a value in DynamoDB's typed JSON. One member is set. Sets and binary values do not occur in orders.
type attribute struct {
	S    *string
	N    *json.Number
	BOOL *bool
	NULL bool
	M    map[string]json.RawMessage
	L    []json.RawMessage
}

// plain turns DynamoDB's typed JSON into the plain value: {"M":{"amount":{"N":"5"}}} is {"amount":5}.
func plain(raw json.RawMessage) (any, error) {
	var a attribute
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, err
	}
	switch {
	case a.S != nil:
		return *a.S, nil
	case a.N != nil:
		return *a.N, nil
	case a.BOOL != nil:
		return *a.BOOL, nil
	case a.NULL:
		return nil, nil
	case a.M != nil:
		m := make(map[string]any, len(a.M))
		for k, v := range a.M {
			p, err := plain(v)
			if err != nil {
				return nil, err
			}
			m[k] = p
		}
		return m, nil
	case a.L != nil:
		l := make([]any, len(a.L))
		for i, v := range a.L {
			p, err := plain(v)
			if err != nil {
				return nil, err
			}
			l[i] = p
		}
		return l, nil
	}
	return nil, fmt.Errorf("unknown attribute type: %.40s", raw)
}
