package states

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/store"
)

// GetExecutionHistoryInput is the request of GetExecutionHistory.
type GetExecutionHistoryInput struct {
	ExecutionARN         string `json:"executionArn"`
	MaxResults           int    `json:"maxResults,omitempty"`
	ReverseOrder         bool   `json:"reverseOrder,omitempty"`
	NextToken            string `json:"nextToken,omitempty"`
	IncludeExecutionData *bool  `json:"includeExecutionData,omitempty"` // default true
}

// GetExecutionHistoryOutput is the answer of GetExecutionHistory; asl.Event.AppendJSON defines the
// form of an event.
type GetExecutionHistoryOutput struct {
	Events    json.RawMessage `json:"events"`
	NextToken string          `json:"nextToken,omitempty"`
}

// GetExecutionHistory returns the journal of an execution, a page at a time.
func (s *Service) GetExecutionHistory(_ context.Context, in GetExecutionHistoryInput) (GetExecutionHistoryOutput, error) {
	return inside(s, in, s.getExecutionHistory)
}

func (s *Service) getExecutionHistory(in GetExecutionHistoryInput) (out GetExecutionHistoryOutput, err error) {
	limit, err := pageSize(in.MaxResults)
	if err != nil {
		return out, err
	}
	e, err := s.execution(in.ExecutionARN)
	if err != nil {
		return out, err
	}
	from, err := openHistoryPage(in)
	if err != nil {
		return out, err
	}
	opt := asl.JSONOptions{WithoutData: in.IncludeExecutionData != nil && !*in.IncludeExecutionData}
	b, n := []byte{'['}, 0
	for at, err := range s.events(e.ID, from, in.ReverseOrder) {
		if err != nil {
			return out, err
		}
		if n == limit {
			out.NextToken = at.token(in.ReverseOrder)
			break
		}
		if n++; n > 1 {
			b = append(b, ',')
		}
		opt.Timestamp = string(millis(at.event.Time).append(nil))
		b = at.event.AppendJSON(b, opt)
	}
	out.Events = append(b, ']')
	return out, nil
}

// place is an event of an execution and its position in the journal.
type place struct {
	event *asl.Event
	step  uint64 // of the journal
	index uint64 // within the step
}

func (p place) token(reverse bool) string {
	b := []byte{'f'}
	if reverse {
		b[0] = 'r'
	}
	return sealPage(pageHistory, binary.AppendUvarint(binary.AppendUvarint(b, p.step), p.index))
}

// openHistoryPage returns the place where a page begins; nil without a token.
func openHistoryPage(in GetExecutionHistoryInput) (*place, error) {
	if in.NextToken == "" {
		return nil, nil
	}
	b, err := openPage(pageHistory, in.NextToken)
	if err != nil {
		return nil, err
	}
	r := reader{b: b[1:]}
	p := &place{step: r.uint(), index: r.uint()}
	if r.bad || b[0] != 'f' && b[0] != 'r' || (b[0] == 'r') != in.ReverseOrder {
		return nil, errInvalidToken
	}
	return p, nil
}

// events yields the public events of an execution from a place (nil: from the beginning, or in
// reverse from the end).
func (s *Service) events(id uint64, from *place, reverse bool) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		prefix := historyKeys.Clone().Uint(id)
		lower, upper := []byte(prefix), prefix.End()
		scan := s.store.Scan
		if reverse {
			scan = s.store.ScanReverse
		}
		if from != nil && reverse {
			upper = store.Key(historyKey(id, int64(from.step))).End()
		} else if from != nil {
			lower = historyKey(id, int64(from.step))
		}
		for p, err := range scan(lower, upper) {
			if err != nil {
				yield(place{}, err)
				return
			}
			list, err := asl.DecodeEvents(nil, p.Value)
			if err != nil {
				yield(place{}, fmt.Errorf("decode journal: %w", err))
				return
			}
			step := lastUint(p.Key)
			if !yieldStep(list, step, from, reverse, yield) {
				return
			}
		}
	}
}

func yieldStep(list []asl.Event, step uint64, from *place, reverse bool, yield func(place, error) bool) bool {
	order := slices.All(list)
	if reverse {
		order = slices.Backward(list)
	}
	for i := range order {
		at := place{&list[i], step, uint64(i)}
		if list[i].JournalOnly() ||
			from != nil && step == from.step && (at.index < from.index) != reverse && at.index != from.index {
			continue
		}
		if !yield(at, nil) {
			return false
		}
	}
	return true
}

// MarshalJSON writes the answer. The events are already JSON.
func (o GetExecutionHistoryOutput) MarshalJSON() ([]byte, error) {
	b := append([]byte(`{"events":`), o.Events...)
	if o.NextToken != "" {
		b = value.AppendString(append(b, `,"nextToken":`...), o.NextToken)
	}
	return append(b, '}'), nil
}
