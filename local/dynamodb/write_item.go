package dynamodb

import (
	"context"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
)

// writeOutput answers PutItem, UpdateItem and DeleteItem.
type writeOutput struct {
	Attributes       attr.Item         `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

func (s *Service) putItem(_ context.Context, in writeInput) (*writeOutput, error) {
	return s.answerWrite(putWrite, &in)
}

func (s *Service) deleteItem(_ context.Context, in writeInput) (*writeOutput, error) {
	return s.answerWrite(deleteWrite, &in)
}

func (s *Service) updateItem(_ context.Context, in writeInput) (*writeOutput, error) {
	return s.answerWrite(updateWrite, &in)
}

func (s *Service) answerWrite(kind writeKind, in *writeInput) (*writeOutput, error) {
	w, err := s.writeItem(kind, in)
	if err != nil {
		return nil, err
	}
	out := &writeOutput{Attributes: w.attributes(in.ReturnValues.text)}
	if metered(in.ReturnConsumedCapacity) {
		out.ConsumedCapacity = consumed(in.ReturnConsumedCapacity, plainUnits, w.change.table.name(), w.units())
	}
	return out, nil
}

// attributes are those that a ReturnValues asks for.
func (w *written) attributes(returns string) attr.Item {
	switch returns {
	case "ALL_OLD":
		return w.old
	case "ALL_NEW":
		return w.new
	case "UPDATED_OLD":
		return w.updated(w.old)
	case "UPDATED_NEW":
		return w.updated(w.new)
	}
	return nil
}

// updated returns what stands at the paths that an update changes; nil if nothing does.
func (w *written) updated(item attr.Item) attr.Item {
	if w.update == nil {
		return nil
	}
	out := expr.NewProjection(w.update.Paths()).Apply(item)
	if len(out) == 0 {
		return nil
	}
	return out
}
