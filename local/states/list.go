package states

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"orderflow/local/asl"
	"orderflow/local/store"
)

// ListExecutionsInput is the request of ListExecutions.
type ListExecutionsInput struct {
	StateMachineARN string     `json:"stateMachineArn,omitempty"`
	MapRunARN       string     `json:"mapRunArn,omitempty"`
	StatusFilter    asl.Status `json:"statusFilter,omitempty"`
	RedriveFilter   string     `json:"redriveFilter,omitempty"` // REDRIVEN, NOT_REDRIVEN
	MaxResults      int        `json:"maxResults,omitempty"`
	NextToken       string     `json:"nextToken,omitempty"`
}

// ListExecutionsOutput is the answer of ListExecutions, the newest start first. A page may be short, or empty, and still have a next one.
type ListExecutionsOutput struct {
	Executions []ExecutionItem `json:"executions"`
	NextToken  string          `json:"nextToken,omitempty"`
}

// ExecutionItem is one execution of a listing.
type ExecutionItem struct {
	ExecutionARN    string     `json:"executionArn"`
	StateMachineARN string     `json:"stateMachineArn"`
	Name            string     `json:"name"`
	Status          asl.Status `json:"status"`
	StartDate       Millis     `json:"startDate"`
	StopDate        Millis     `json:"stopDate,omitempty"`
	RedriveCount    int        `json:"redriveCount"`
	RedriveDate     Millis     `json:"redriveDate,omitempty"`
}

// scanLimit bounds how many closed executions of a status one page looks at.
const scanLimit = 10_000

// ListExecutions lists the executions of a state machine.
func (s *Service) ListExecutions(_ context.Context, in ListExecutionsInput) (ListExecutionsOutput, error) {
	return inside(s, in, s.listExecutions)
}

func (s *Service) listExecutions(in ListExecutionsInput) (out ListExecutionsOutput, err error) {
	out.Executions = []ExecutionItem{}
	if in.StateMachineARN == "" {
		if in.MapRunARN != "" {
			return out, validation("Value '%s' at 'mapRunArn': this service has no Map Runs", in.MapRunARN)
		}
		return out, validation("Value at 'stateMachineArn' failed to satisfy constraint: Member must not be null")
	}
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return out, err
	}
	limit, err := pageSize(in.MaxResults)
	if err != nil {
		return out, err
	}
	if err := checkFilters(in); err != nil {
		return out, err
	}
	bound := uint64(math.MaxUint64 >> 1)
	if in.NextToken != "" {
		position, err := openPage(pageExecutions, in.NextToken)
		if err != nil || len(position) != 8 {
			return out, errInvalidToken
		}
		bound = binary.BigEndian.Uint64(position)
	}
	found, next, err := s.executionsBefore(m.Name, bound, limit, in)
	if err != nil {
		return out, err
	}
	for _, e := range found {
		out.Executions = append(out.Executions, ExecutionItem{
			s.arns.execution(m.Name, e.Name), in.StateMachineARN, e.Name, e.Status, e.Start, e.Stop, e.RedriveCount, e.RedriveDate,
		})
	}
	if next != 0 {
		out.NextToken = sealPage(pageExecutions, binary.BigEndian.AppendUint64(nil, next))
	}
	return out, nil
}

func checkFilters(in ListExecutionsInput) error {
	if in.StatusFilter != "" && in.StatusFilter != "PENDING_REDRIVE" && statusCode(in.StatusFilter) == 0xFF {
		return validation("Value '%s' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]", in.StatusFilter)
	}
	if !slices.Contains([]string{"", "REDRIVEN", "NOT_REDRIVEN"}, in.RedriveFilter) {
		return validation("Value '%s' at 'redriveFilter' failed to satisfy constraint: Member must satisfy enum value set: [NOT_REDRIVEN, REDRIVEN]", in.RedriveFilter)
	}
	return nil
}

func (in *ListExecutionsInput) wants(e *execution) bool {
	return in.RedriveFilter == "" || (in.RedriveFilter == "REDRIVEN") == (e.RedriveCount > 0)
}

// executionsBefore merges the executions of all wanted statuses whose number is below bound, the highest first. next is the bound of
// the following page, 0 if there is none.
func (s *Service) executionsBefore(machine string, bound uint64, limit int, in ListExecutionsInput) (found []execution, next uint64, err error) {
	floor := uint64(0) // below it some status was not looked at
	for _, status := range statusCodes {
		if in.StatusFilter != "" && in.StatusFilter != status {
			continue
		}
		list, reached := []execution(nil), uint64(0)
		if status == asl.Running {
			list, reached, err = s.runningBefore(machine, bound, limit+1, in)
		} else {
			list, reached, err = s.closedBefore(machine, status, bound, limit+1, in)
		}
		if err != nil {
			return nil, 0, err
		}
		found, floor = append(found, list...), max(floor, reached)
	}
	slices.SortFunc(found, func(a, b execution) int {
		if a.ID > b.ID {
			return -1
		}
		return 1
	})
	if floor > 0 {
		found = slices.DeleteFunc(found, func(e execution) bool { return e.ID < floor })
		next = floor
	}
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].ID
	}
	return found, next, nil
}

// closedBefore reads up to n closed executions of one status; reached is where it stopped before the end, 0 if it did not.
func (s *Service) closedBefore(machine string, status asl.Status, bound uint64, n int, in ListExecutionsInput) (list []execution, reached uint64, err error) {
	prefix := append(listKeys.Clone().String(machine), statusCode(status))
	looked := 0
	for p, err := range s.store.Scan(listKey(machine, statusCode(status), bound-1), prefix.End()) {
		if err != nil {
			return nil, 0, err
		}
		id := ^lastUint(p.Key)
		if looked++; looked > scanLimit {
			return list, id + 1, nil
		}
		e, err := decodeListEntry(p.Value)
		if err != nil {
			return nil, 0, err
		}
		e.ID, e.Status = id, status
		if in.wants(&e) {
			if list = append(list, e); len(list) == n {
				return list, id, nil
			}
		}
	}
	return list, 0, nil
}

func (s *Service) runningBefore(machine string, bound uint64, n int, in ListExecutionsInput) (list []execution, reached uint64, err error) {
	ids := s.running.before(machine, bound, n)
	for _, id := range ids {
		e, err := s.record(id)
		if errors.Is(err, store.ErrNotFound) {
			continue // being started: not durable yet
		}
		if err != nil {
			return nil, 0, err
		}
		if e.Status == asl.Running && in.wants(&e) {
			list = append(list, e)
		}
	}
	if len(ids) == n {
		reached = ids[n-1]
	}
	return list, reached, nil
}
