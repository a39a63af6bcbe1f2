// Package dynamodb is the DynamoDB subset of the local stack: tables with secondary indexes, items with expressions and transactions,
// streams and time to live, kept in the stack's store.
//
// Writes to one item are serialised by a lock on its key; a transaction takes the locks of all its items in a fixed order and waits for them.
// TransactionConflictException, TransactionInProgressException and throttling therefore do not occur. Writes to different items commit
// concurrently and share one flush. Reads of single items and TransactGetItems see committed (durable) state only; Query, Scan and
// secondary indexes read the store's newest state, so indexes are never behind.
//
// README.md lists what is supported, what is refused with 501 and why, and the known differences from AWS.
package dynamodb

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/jonboulle/clockwork"

	"orderflow/local/awsapi"
	"orderflow/local/store"
)

// Service is DynamoDB and DynamoDB Streams. It implements awsapi.Service and is safe for concurrent use.
type Service struct {
	store *store.Store
	clock clockwork.Clock
	locks *itemLocks
	// tokensFrom is the oldest interval whose client request tokens the store may hold.
	tokensFrom atomic.Uint64

	mu     sync.RWMutex
	tables map[string]*table

	endedMu sync.Mutex
	ended   map[string]endedStream // by ARN
}

// New opens the tables that the store holds. Run must be running for items to expire and old stream records to go.
func New(st *store.Store, clock clockwork.Clock) (*Service, error) {
	s := &Service{store: st, clock: clock, locks: newItemLocks(), tables: map[string]*table{}, ended: map[string]endedStream{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// handler performs one operation.
type handler func(s *Service, input json.RawMessage) (any, error)

// typed makes a handler of a method with a decoded input.
func typed[In, Out any](f func(*Service, *In) (Out, error)) handler {
	return func(s *Service, input json.RawMessage) (any, error) {
		in := new(In)
		if err := decode(input, in); err != nil {
			return nil, err
		}
		out, err := f(s, in)
		if err != nil {
			return nil, refused(err)
		}
		return out, nil
	}
}

var handlers = map[string]handler{
	"CreateTable":        typed((*Service).createTable),
	"DescribeTable":      typed((*Service).describeTable),
	"ListTables":         typed((*Service).listTables),
	"DeleteTable":        typed((*Service).deleteTable),
	"UpdateTable":        typed((*Service).updateTable),
	"UpdateTimeToLive":   typed((*Service).updateTimeToLive),
	"DescribeTimeToLive": typed((*Service).describeTimeToLive),

	"TagResource":        typed((*Service).tagResource),
	"UntagResource":      typed((*Service).untagResource),
	"ListTagsOfResource": typed((*Service).listTagsOfResource),

	"GetItem":            typed((*Service).getItem),
	"PutItem":            typed((*Service).putItem),
	"UpdateItem":         typed((*Service).updateItem),
	"DeleteItem":         typed((*Service).deleteItem),
	"BatchGetItem":       typed((*Service).batchGetItem),
	"BatchWriteItem":     typed((*Service).batchWriteItem),
	"TransactGetItems":   typed((*Service).transactGetItems),
	"TransactWriteItems": typed((*Service).transactWriteItems),
	"Query":              typed((*Service).query),
	"Scan":               typed((*Service).scan),

	"ListStreams":      typed((*Service).listStreams),
	"DescribeStream":   typed((*Service).describeStream),
	"GetShardIterator": typed((*Service).getShardIterator),
	"GetRecords":       typed((*Service).getRecords),
}

// Do implements awsapi.Service.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	h, ok := handlers[op]
	if !ok {
		return nil, awsapi.NotImplemented("dynamodb:" + op)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return h(s, input)
}
