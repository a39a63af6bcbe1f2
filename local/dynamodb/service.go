// Package dynamodb is the DynamoDB subset of the local stack: tables with secondary indexes, items
// with expressions and transactions, streams and time to live, kept in the stack's store.
//
// Writes to one item are serialised by a lock on its key; a transaction takes the locks of all its
// items in a fixed order and waits for them. TransactionConflictException,
// TransactionInProgressException and throttling therefore do not occur. Writes to different items
// commit concurrently. Reads of single items and TransactGetItems see committed state only; Query,
// Scan and secondary indexes read the store's newest state, so indexes are never behind.
//
// README.md lists what is supported, what is refused with 501 and why, and the known differences
// from AWS.
package dynamodb

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Service is DynamoDB and DynamoDB Streams. It implements awsapi.Service and is safe for concurrent
// use.
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

// New opens the tables that the store holds. Items expire and old stream records are removed only
// while Run runs.
func New(st *store.Store, clock clockwork.Clock) (*Service, error) {
	s := &Service{store: st, clock: clock, locks: newItemLocks(), tables: map[string]*table{}, ended: map[string]endedStream{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

var api = awsapi.API[*Service]{Name: "dynamodb", Grants: (*Service).grants, Refuse: refused, Operations: awsapi.Operations[*Service]{
	"CreateTable":        awsapi.Typed((*Service).createTable),
	"DescribeTable":      awsapi.Typed((*Service).describeTable),
	"ListTables":         awsapi.Typed((*Service).listTables),
	"DeleteTable":        awsapi.Typed((*Service).deleteTable),
	"UpdateTable":        awsapi.Typed((*Service).updateTable),
	"UpdateTimeToLive":   awsapi.Typed((*Service).updateTimeToLive),
	"DescribeTimeToLive": awsapi.Typed((*Service).describeTimeToLive),

	"TagResource":        awsapi.Typed((*Service).tagResource),
	"UntagResource":      awsapi.Typed((*Service).untagResource),
	"ListTagsOfResource": awsapi.Typed((*Service).listTagsOfResource),

	"GetItem":            awsapi.Typed((*Service).getItem),
	"PutItem":            awsapi.Typed((*Service).putItem),
	"UpdateItem":         awsapi.Typed((*Service).updateItem),
	"DeleteItem":         awsapi.Typed((*Service).deleteItem),
	"BatchGetItem":       awsapi.Typed((*Service).batchGetItem),
	"BatchWriteItem":     awsapi.Typed((*Service).batchWriteItem),
	"TransactGetItems":   awsapi.Typed((*Service).transactGetItems),
	"TransactWriteItems": awsapi.Typed((*Service).transactWriteItems),
	"Query":              awsapi.Typed((*Service).query),
	"Scan":               awsapi.Typed((*Service).scan),

	"ListStreams":      awsapi.Typed((*Service).listStreams),
	"DescribeStream":   awsapi.Typed((*Service).describeStream),
	"GetShardIterator": awsapi.Typed((*Service).getShardIterator),
	"GetRecords":       awsapi.Typed((*Service).getRecords),
}}

// Do implements awsapi.Service.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	call, err := s.Open(op, awsapi.JSON(input))
	if err != nil {
		return nil, err
	}
	return call.Do(ctx)
}

// Open implements awsapi.Opener. A call whose ctx has ended is not performed.
func (s *Service) Open(op string, in awsapi.Input) (awsapi.Call, error) {
	call, err := api.Open(s, op, in)
	do := call.Do
	call.Do = func(ctx context.Context) (any, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return do(ctx)
	}
	return call, err
}
