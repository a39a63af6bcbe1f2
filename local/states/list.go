package states

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
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

// ListExecutionsOutput is the answer of ListExecutions, newest first: running executions are sorted
// by their start or redrive, others by their end. A page may be short, or empty, and still be
// followed by another one.
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

// scanLimit is the maximum number of closed executions of a status that one page reads.
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
	if in.MapRunARN != "" {
		return out,
			awsapi.Errorf("ValidationException", "Either stateMachineArn or mapRunArn must be specified, not both")
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
	bound := rank{math.MaxInt64, math.MaxUint64}
	if in.NextToken != "" {
		if bound, err = openRank(in.NextToken); err != nil {
			return out, err
		}
	}
	found, next, err := s.executionsBefore(m.Name, bound, limit, in)
	if err != nil {
		return out, err
	}
	for _, e := range found {
		out.Executions = append(out.Executions, ExecutionItem{
			ExecutionARN:    s.arns.execution(m.Name, e.Name),
			StateMachineARN: in.StateMachineARN,
			Name:            e.Name,
			Status:          e.Status,
			StartDate:       e.Start,
			StopDate:        e.Stop,
			RedriveCount:    e.RedriveCount,
			RedriveDate:     e.RedriveDate,
		})
	}
	if next != (rank{}) {
		out.NextToken = sealRank(next)
	}
	return out, nil
}

func sealRank(p rank) string {
	return sealPage(pageExecutions, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(p.at)), p.id))
}

func openRank(token string) (rank, error) {
	b, err := openPage(pageExecutions, token)
	if err != nil || len(b) != 16 {
		return rank{}, errInvalidToken
	}
	p := rank{Millis(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint64(b[8:])}
	if p.at < 0 || p.id == 0 {
		return rank{}, errInvalidToken
	}
	return p, nil
}

func checkFilters(in ListExecutionsInput) error {
	if in.StatusFilter == "PENDING_REDRIVE" { // a status of the executions of a Map Run
		return awsapi.Errorf("ValidationException",
			"The status filter PENDING_REDRIVE is supported only with mapRunArn, not with stateMachineArn")
	}
	if in.StatusFilter != "" && statusCode(in.StatusFilter) == 0xFF {
		return validation("Value '%s' at 'statusFilter' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
			in.StatusFilter)
	}
	if !slices.Contains([]string{"", "REDRIVEN", "NOT_REDRIVEN"}, in.RedriveFilter) {
		return validation("Value '%s' at 'redriveFilter' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [NOT_REDRIVEN, REDRIVEN]", in.RedriveFilter)
	}
	return nil
}

func (in *ListExecutionsInput) wants(e *execution) bool {
	return in.RedriveFilter == "" || (in.RedriveFilter == "REDRIVEN") == (e.RedriveCount > 0)
}

// executionsBefore merges the executions of all wanted statuses whose rank is below bound, the
// highest first. next is the bound of the following page, or zero if there is none.
func (s *Service) executionsBefore(machine string, bound rank, limit int,
	in ListExecutionsInput) (found []execution, next rank, err error) {
	floor := rank{} // below it some status was not read
	for _, status := range statusCodes {
		if in.StatusFilter != "" && in.StatusFilter != status {
			continue
		}
		list, reached := []execution(nil), rank{}
		if status == asl.Running {
			list, reached, err = s.runningBefore(machine, bound, limit+1, in)
		} else {
			list, reached, err = s.closedBefore(machine, status, bound, limit+1, in)
		}
		if err != nil {
			return nil, next, err
		}
		found = append(found, list...)
		if reached.compare(floor) > 0 {
			floor = reached
		}
	}
	slices.SortFunc(found, func(a, b execution) int { return b.rank().compare(a.rank()) })
	if floor != (rank{}) {
		found = slices.DeleteFunc(found, func(e execution) bool { return e.rank().compare(floor) < 0 })
		next = floor
	}
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].rank()
	}
	return found, next, nil
}

// closedBefore reads up to n closed executions of one status. reached is the last rank that it
// read, or zero at the end.
func (s *Service) closedBefore(machine string, status asl.Status, bound rank, n int,
	in ListExecutionsInput) (list []execution, reached rank, err error) {
	prefix := append(listKeys.Clone().String(machine), statusCode(status))
	looked := 0
	for p, err := range s.store.Scan(listKey(machine, statusCode(status), rank{bound.at, bound.id - 1}), prefix.End()) {
		if err != nil {
			return nil, reached, err
		}
		if looked++; looked > scanLimit {
			return list, reached, nil
		}
		e, err := decodeListEntry(p.Value)
		if err != nil {
			return nil, reached, err
		}
		e.ID, e.Status = ^lastUint(p.Key), status
		reached = e.rank()
		if in.wants(&e) {
			if list = append(list, e); len(list) == n {
				return list, reached, nil
			}
		}
	}
	return list, rank{}, nil
}

func (s *Service) runningBefore(machine string, bound rank, n int,
	in ListExecutionsInput) (list []execution, reached rank, err error) {
	ranks := s.running.before(machine, bound, n)
	for _, p := range ranks {
		e, err := s.record(p.id)
		if errors.Is(err, store.ErrNotFound) {
			continue // being started: not committed yet
		}
		if err != nil {
			return nil, reached, err
		}
		if e.Status == asl.Running && in.wants(&e) {
			list = append(list, e)
		}
	}
	if len(ranks) == n {
		reached = ranks[n-1]
	}
	return list, reached, nil
}

// renewListing moves the entries that earlier versions wrote to the keys of this version.
func (s *Service) renewListing() error {
	b := s.store.NewBatch()
	empty := b.Len()
	for p, err := range s.store.Scan(oldListKeys, oldListKeys.End()) {
		if err != nil {
			return err
		}
		e, err := s.record(^lastUint(p.Key))
		if err != nil {
			return err
		}
		b.Set(listKey(e.Machine, statusCode(e.Status), e.rank()), p.Value)
		b.Delete(p.Key)
	}
	if b.Len() == empty {
		b.Discard()
		return nil
	}
	return b.Commit()
}
