// Package cost counts the operations that AWS bills, in a run of the local system, and computes the
// bill. Calls of functions are counted by a middleware of the AWS SDK and DynamoDB's own
// ConsumedCapacity, so that it counts the same against any endpoint.
package cost

import (
	"cmp"
	"maps"
	"slices"
)

// Counts are the operations of one order that AWS bills.
type Counts struct {
	Transitions    int     `json:"transitions"` // with the start and every retry
	Requests       int     `json:"apiRequests"` // without the reads of the customer
	Invocations    int     `json:"invocations"`
	GBMilliseconds float64 `json:"gbMilliseconds"`
	Reads          float64 `json:"readUnits"`
	Writes         float64 `json:"writeUnits"`
	Events         int     `json:"events"`
	Queue          int     `json:"queueRequests"` // sent, received and deleted
	Notifications  int     `json:"notifications"`
	Mails          int     `json:"mails"`
	Calls          []Call  `json:"calls"`
}

// Call is one kind of call of a function, and what all of them cost together.
type Call struct {
	Function  string  `json:"function"`
	Operation string  `json:"operation"` // "dynamodb.GetItem"
	Table     string  `json:"table,omitempty"`
	Count     int     `json:"count"`
	Reads     float64 `json:"readUnits,omitempty"`
	Writes    float64 `json:"writeUnits,omitempty"`
	Index     float64 `json:"indexUnits,omitempty"` // the part of Writes or Reads for indexes
	Bytes     int     `json:"itemBytes,omitempty"`  // of the largest item that was put
}

// callKey identifies a kind of call.
type callKey struct{ function, operation, table string }

// ledger adds up the calls of functions.
type ledger map[callKey]*Call

func (l ledger) of(k callKey) *Call {
	if l[k] == nil {
		l[k] = &Call{Function: k.function, Operation: k.operation, Table: k.table}
	}
	return l[k]
}

// list returns the calls by function, operation and table.
func (l ledger) list() []Call {
	calls := make([]Call, 0, len(l))
	for c := range maps.Values(l) {
		calls = append(calls, *c)
	}
	slices.SortFunc(calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Table, b.Table))
	})
	return calls
}

// typical returns the counts of the order in the middle, by what differs between equal orders: how
// many changes a batch had.
func typical(orders []Counts) Counts {
	slices.SortFunc(orders, func(a, b Counts) int {
		return cmp.Or(cmp.Compare(a.Writes, b.Writes), cmp.Compare(a.Invocations, b.Invocations),
			cmp.Compare(a.GBMilliseconds, b.GBMilliseconds))
	})
	return orders[len(orders)/2]
}
