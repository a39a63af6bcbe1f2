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

// UnmarshalJSON reads {"Records":[{"dynamodb":{"SequenceNumber","NewImage","OldImage"}}]}, images
// in DynamoDB's typed JSON. Batches are long, and each order is in several of them: a batch is read
// once, and only its new images are decoded.
func (s *Stream) UnmarshalJSON(raw []byte) error {
	in := jsonReader{raw}
	err := in.object(func(name string) error {
		if name != "Records" {
			_, err := in.raw()
			return err
		}
		return in.each('[', ']', func() error {
			r, err := readRecord(&in)
			s.Records = append(s.Records, r)
			return err
		})
	})
	if err == nil && !in.end() {
		err = errSyntax
	}
	if err != nil {
		return fmt.Errorf("read stream: %w", err)
	}
	return nil
}

func readRecord(in *jsonReader) (r StreamRecord, err error) {
	var newImage, oldImage []byte
	err = in.object(func(name string) error {
		if name != "dynamodb" {
			_, err := in.raw()
			return err
		}
		return in.object(func(name string) (err error) {
			switch name {
			case "SequenceNumber":
				r.SequenceNumber, err = in.plainText()
			case "NewImage":
				newImage, err = in.raw()
			case "OldImage":
				oldImage, err = in.raw()
			default:
				_, err = in.raw()
			}
			return err
		})
	})
	if err != nil || newImage == nil {
		return r, err
	}
	if r.Order, err = orderOfImage(newImage); err != nil {
		return r, fmt.Errorf("record %s: %w", r.SequenceNumber, err)
	}
	if oldImage != nil {
		if r.Published, err = sequenceOf(oldImage); err != nil {
			return r, fmt.Errorf("record %s: old sequence: %w", r.SequenceNumber, err)
		}
	}
	return r, nil
}

// sequenceOf returns the sequence of an image. Nothing else of an old image is needed.
func sequenceOf(image []byte) (int64, error) {
	in := jsonReader{image}
	var number []byte
	err := in.object(func(name string) error {
		value, err := in.raw()
		if name == "sequence" {
			number = value
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	var sequence struct{ N string }
	if err := json.Unmarshal(number, &sequence); err != nil {
		return 0, err
	}
	return strconv.ParseInt(sequence.N, 10, 64)
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
