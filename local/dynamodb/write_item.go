package dynamodb

import (
	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
)

// writeOutput answers PutItem, UpdateItem and DeleteItem.
type writeOutput struct {
	Attributes attr.Item `json:",omitzero"`
}

func (s *Service) putItem(in *writeInput) (*writeOutput, error) {
	_, old, _, err := s.writeItem(putWrite, in, "NONE", "ALL_OLD")
	return oldOutput(in, old), err
}

func (s *Service) deleteItem(in *writeInput) (*writeOutput, error) {
	_, old, _, err := s.writeItem(deleteWrite, in, "NONE", "ALL_OLD")
	return oldOutput(in, old), err
}

func oldOutput(in *writeInput, old attr.Item) *writeOutput {
	if in.ReturnValues == "ALL_OLD" {
		return &writeOutput{old}
	}
	return &writeOutput{}
}

func (s *Service) updateItem(in *writeInput) (*writeOutput, error) {
	w, old, item, err := s.writeItem(updateWrite, in, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
	if err != nil {
		return nil, err
	}
	switch in.ReturnValues {
	case "ALL_OLD":
		return &writeOutput{old}, nil
	case "ALL_NEW":
		return &writeOutput{item}, nil
	case "UPDATED_OLD":
		return &writeOutput{updated(w, old)}, nil
	case "UPDATED_NEW":
		return &writeOutput{updated(w, item)}, nil
	}
	return &writeOutput{}, nil
}

// updated returns what stands at the paths that an update changes; nil if nothing does.
func updated(w *write, item attr.Item) attr.Item {
	if w.update == nil {
		return nil
	}
	out := expr.NewProjection(w.update.Paths()).Apply(item)
	if len(out) == 0 {
		return nil
	}
	return out
}
