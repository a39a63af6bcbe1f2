// Package sns is Amazon SNS of the local stack: standard topics, subscriptions with filters, raw
// delivery and dead-letter queues.
//
// Messages go to SQS queues and Lambda functions; nothing is sent to email addresses and
// telephones. Every published message stays readable by Published. Deliveries are written in the
// batch of the publication and made at least once.
package sns

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/pattern"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Options of New. Call and InvokeAsync must be set before Run.
type Options struct {
	Call        awsapi.Caller
	InvokeAsync awsapi.Invoker
	NewID       func() string // message ids; default random UUIDs
	Logger      *slog.Logger  // for dropped messages; default slog.Default()
	Workers     int           // concurrent deliveries; default: one for each processor
	Keep        uint64        // published messages kept readable per topic; default 10,000
}

// Service is SNS. Make one with New; it delivers while Run runs.
type Service struct {
	st    *store.Store
	clock clockwork.Clock
	o     Options
	out   *outbox.Outbox

	manage sync.Mutex // serialises changes of topics and subscriptions
	mu     sync.RWMutex
	topics map[string]*topic
	lastID uint64 // of topics: a topic created again under its old name has none of the old messages
}

// topic is a topic, its subscriptions by ARN, and the numbers of its messages.
type topic struct {
	name string
	id   uint64
	rec  topicRecord
	subs map[string]*subscription // replaced, never changed

	mu       sync.Mutex
	last     uint64
	inFlight map[uint64]bool // being committed: readers must stop before them
}

type topicRecord struct {
	Name       string
	ID         uint64
	Attributes map[string]string `json:",omitempty"`
}

// subscription is a subscriptionRecord made ready for use.
type subscription struct {
	subscriptionRecord
	filter *pattern.Pattern // nil accepts everything
	closed bool             // accepts nothing: its record in the store cannot be read
}

// New opens the topics that st holds.
func New(st *store.Store, clock clockwork.Clock, o Options) (*Service, error) {
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Keep == 0 {
		o.Keep = 10_000
	}
	s := &Service{st: st, clock: clock, o: o, topics: map[string]*topic{}}
	if err := s.openTopics(); err != nil {
		return nil, err
	}
	if err := s.openSubscriptions(); err != nil {
		return nil, err
	}
	var err error
	s.out, err = outbox.New(st, clock, "sns", o.Workers, s.deliver)
	return s, err
}

// Run delivers until ctx ends. It returns an error only if the store fails.
func (s *Service) Run(ctx context.Context) error { return s.out.Run(ctx) }

func (s *Service) openTopics() error {
	prefix := store.NewKey("sns", "topic")
	for rec, err := range store.Records[topicRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read topics: %w", err)
		}
		t := newTopic(rec)
		messages := publishedKey(rec.ID)
		for p, err := range s.st.ScanReverse(messages, messages.End()) {
			if err != nil {
				return fmt.Errorf("read topic %s: %w", rec.Name, err)
			}
			if t.last, _, err = store.CutUint(p.Key[len(messages):]); err != nil {
				return fmt.Errorf("read topic %s: %w", rec.Name, err)
			}
			break
		}
		s.topics[rec.Name] = t
		s.lastID = max(s.lastID, rec.ID)
	}
	last, err := s.st.GetUint(lastIDKey)
	if err != nil {
		return fmt.Errorf("read last topic id: %w", err)
	}
	s.lastID = max(s.lastID, last)
	return nil
}

// lastIDKey holds the highest topic id ever given, to deleted topics too.
var lastIDKey = store.NewKey("sns", "lastid")

func newTopic(rec topicRecord) *topic {
	return &topic{name: rec.Name, id: rec.ID, rec: rec, subs: map[string]*subscription{}, inFlight: map[uint64]bool{}}
}

func (s *Service) openSubscriptions() error {
	prefix := store.NewKey("sns", "subscription")
	for rec, err := range store.Records[subscriptionRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read subscriptions: %w", err)
		}
		t := s.topics[awsapi.ResourceName(rec.TopicARN)]
		if t == nil {
			s.o.Logger.Error("subscription without a topic is ignored", "subscription", rec.ARN)
			continue
		}
		sub, err := rec.compile()
		if err != nil {
			s.o.Logger.Error("subscription cannot be read; it receives nothing until its attributes are set again",
				"subscription", rec.ARN, "error", err)
			sub = &subscription{subscriptionRecord: rec, closed: true}
		}
		t.subs[rec.ARN] = sub
	}
	return nil
}

// ARN is the ARN of the topic of the given name or ARN.
func ARN(ref string) string { return awsapi.ARN("sns", awsapi.ResourceName(ref)) }

// minARNElements are those of a topic's ARN; a subscription's has one more.
const minARNElements = 6

// checkARN refuses a member of a request that is not an ARN.
func checkARN(member, arn string) error {
	n := strings.Count(arn, ":") + 1
	switch {
	case arn == "":
		return invalid("%s Reason: no value for required parameter", member)
	case n < minARNElements:
		return invalid("%s Reason: An ARN must have at least %d elements, not %d", member, minARNElements, n)
	case !strings.HasPrefix(arn, "arn:aws:sns:"):
		return invalid("%s", member)
	}
	return nil
}

// requested finds the topic of a request by its ARN. It returns InvalidParameter for a text that is
// not an ARN, and NotFound if there is no topic.
func (s *Service) requested(member, arn string) (*topic, error) {
	if err := checkARN(member, arn); err != nil {
		return nil, err
	}
	if arn != ARN(arn) {
		return nil, notFound("Topic does not exist") // one of another account or region
	}
	return s.topic(arn)
}

// topic finds a topic by ARN or name. It returns NotFound if there is none.
func (s *Service) topic(ref string) (*topic, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t, ok := s.topics[awsapi.ResourceName(ref)]; ok {
		return t, nil
	}
	return nil, notFound("Topic does not exist")
}

// requestedSubscription finds the subscription of a request. It returns InvalidParameter for a text
// that is not an ARN, and NotFound.
func (s *Service) requestedSubscription(arn string) (*topic, *subscription, error) {
	if err := checkARN("SubscriptionArn", arn); err != nil {
		return nil, nil, err
	}
	return s.subscription(arn)
}

// subscription finds a subscription by its ARN. It returns NotFound if there is none.
func (s *Service) subscription(arn string) (*topic, *subscription, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	topicARN, _, _ := cutLast(arn)
	if t, ok := s.topics[awsapi.ResourceName(topicARN)]; ok && t.subs[arn] != nil {
		return t, t.subs[arn], nil
	}
	return nil, nil, notFound("Subscription does not exist")
}

func cutLast(arn string) (before, after string, ok bool) {
	i := strings.LastIndexByte(arn, ':')
	if i < 0 {
		return "", arn, false
	}
	return arn[:i], arn[i+1:], true
}

func notFound(message string) error {
	return &awsapi.Error{Type: "NotFound", Message: message, Status: 404}
}

func invalid(format string, args ...any) error {
	return awsapi.Errorf("InvalidParameter", "Invalid parameter: "+format, args...)
}
