// Package sqs is Amazon SQS of the local stack: durable standard queues with visibility timeouts,
// long polling, delays, dead-letter queues and their redrive. It answers the operations of the SQS
// API (AWS JSON 1.0) through Service.Do, and gives event source mappings the Go methods Receive,
// Delete and ChangeVisibility.
//
// A queue's index (48 bytes a message) is in memory, read from the store when the queue is first
// used; bodies stay in the store. Each change is one batch, committed before the answer:
// receive counts and visibility timeouts survive a crash. No lock is held over a commit.
package sqs

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Service is every queue of the stack. Make one with New; Close it before the store.
type Service struct {
	st    *store.Store
	clock clockwork.Clock
	log   *slog.Logger

	// epoch counts the starts of the service. It leads every sequence number, so that no receipt
	// handle of an earlier start can name a message of this one.
	epoch uint64

	mu     sync.RWMutex
	queues map[string]*queue
	lastID uint64 // of queues: a queue created again under its old name has none of the old messages
	tasks  map[string]*moveTask

	manage sync.Mutex // serialises the creation and deletion of queues
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// Option changes a Service under construction.
type Option func(*Service)

// WithLogger replaces the default logger.
func WithLogger(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// New opens the queues that st holds and resumes the message move tasks that were running.
func New(st *store.Store, clock clockwork.Clock, opts ...Option) (*Service, error) {
	s := &Service{st: st, clock: clock, log: slog.Default(), queues: map[string]*queue{}, tasks: map[string]*moveTask{}}
	for _, o := range opts {
		o(s)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.epoch, err = st.Increment(store.NewKey("sqs", "epoch")); err != nil {
		return nil, fmt.Errorf("count starts: %w", err)
	}
	if err := s.openQueues(); err != nil {
		return nil, err
	}
	if err := s.openTasks(); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the long polls and the message move tasks. The tasks continue at the next start.
func (s *Service) Close() error {
	s.cancel()
	s.work.Wait()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, q := range s.queues {
		q.stopTimer()
	}
	return nil
}

func (s *Service) openQueues() error {
	prefix := store.NewKey("sqs", "queue")
	for rec, err := range store.Records[queueRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read queues: %w", err)
		}
		cfg, bad := readSettings(rec.Attributes)
		for _, err := range bad {
			s.log.Error("queue attribute is invalid; its default applies", "queue", rec.Name, "error", err)
		}
		s.queues[rec.Name] = newQueue(s, rec, cfg)
		s.lastID = max(s.lastID, rec.ID)
	}
	last, err := s.st.GetUint(lastIDKey)
	if err != nil {
		return fmt.Errorf("read last queue id: %w", err)
	}
	s.lastID = max(s.lastID, last)
	return nil
}

// lastIDKey holds the highest queue id ever given, to deleted queues too.
var lastIDKey = store.NewKey("sqs", "lastid")

// now is the current time in the unit of SQS timestamps.
func (s *Service) now() int64 { return s.clock.Now().UnixMilli() }

// queue finds a queue by name, URL or ARN. It returns MissingParameter for an empty one,
// QueueDoesNotExist if there is none.
func (s *Service) queue(ref string) (*queue, error) {
	if ref == "" {
		return nil, missingParameter("QueueUrl")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if q, ok := s.queues[nameOf(ref)]; ok {
		return q, nil
	}
	return nil, errNoQueue()
}

// nameOf is the name in a queue's name, URL or ARN. Of a URL only the last element of the path
// counts: hosts and accounts vary, and the SDKs set them in their own ways.
func nameOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "?")
	return awsapi.ResourceName(strings.TrimRight(ref, "/"))
}

func errNoQueue() error {
	return awsapi.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
}

// ARN is the ARN of the queue of the given name, URL or ARN.
func ARN(ref string) string { return awsapi.ARN("sqs", nameOf(ref)) }

// URL is the queue URL of the queue of the given name or ARN in this process.
func URL(ref string) string { return awsapi.QueueURL(ref) }

// urlFor is the URL of a queue for the caller: under the endpoint that it called, so that its next
// call arrives here too.
func urlFor(ctx context.Context, name string) string {
	if endpoint := awsapi.Endpoint(ctx); endpoint != "" {
		return awsapi.QueueURLAt(endpoint, name)
	}
	return URL(name)
}

// millis is a duration in the unit of SQS timestamps.
func millis(d time.Duration) int64 { return d.Milliseconds() }

func invalidParameter(format string, args ...any) error {
	return awsapi.Errorf("InvalidParameterValue", format, args...)
}

func missingParameter(name string) error {
	return awsapi.Errorf("MissingParameter", "The request must contain the parameter %s.", name)
}

func isQueueARN(arn string) bool { return strings.HasPrefix(arn, "arn:aws:sqs:") }
