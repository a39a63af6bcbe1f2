// Package ses is Amazon SES of the local stack: it takes mails through SendEmail of API v2 and keeps
// them in a mailbox, where they can be read. Nothing leaves the machine.
//
// Every domain counts as a verified identity. The addresses of SES's mailbox simulator bounce and
// complain as on AWS, and the event destinations of a configuration set are told.
package ses

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Options of New. Call must be set before Run.
type Options struct {
	Call   awsapi.Caller
	NewID  func() string // message ids; default random UUIDs
	Logger *slog.Logger  // for events that are dropped; default slog.Default()
	Keep   uint64        // mails kept readable; default 10,000
}

// Service is SES. Make one with New; it tells of bounces while Run runs.
type Service struct {
	st    *store.Store
	clock clockwork.Clock
	o     Options
	out   *outbox.Outbox

	mu   sync.Mutex
	last uint64              // sequence of the last mail
	sets map[string][]Target // the targets of the configuration sets, by name
}

// Target is a topic that is told of events of a configuration set.
type Target struct {
	TopicARN string
	Events   []string // EventBounce, EventComplaint
}

// The types of events that are published, as in MatchingEventTypes.
const (
	EventBounce    = "BOUNCE"
	EventComplaint = "COMPLAINT"
)

// Mail is a mail that was sent.
type Mail struct {
	Sequence uint64 // from 1, ascending
	ID       string
	At       time.Time
	From     string
	ReplyTo  []string `json:",omitempty"`
	To       []string // all recipients
	Subject  string
	Text     string            `json:",omitempty"`
	HTML     string            `json:",omitempty"`
	Headers  map[string]string `json:",omitempty"`
	Tags     map[string]string `json:",omitempty"`
}

// New opens the mailbox that st holds.
func New(st *store.Store, clock clockwork.Clock, o Options) (*Service, error) {
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Keep == 0 {
		o.Keep = 10_000
	}
	s := &Service{st: st, clock: clock, o: o, sets: map[string][]Target{}}
	for p, err := range st.ScanReverse(mailKey(), mailKey().End()) {
		if err != nil {
			return nil, fmt.Errorf("read mailbox: %w", err)
		}
		if s.last, _, err = store.CutUint(p.Key[len(mailKey()):]); err != nil {
			return nil, fmt.Errorf("read mailbox: %w", err)
		}
		break
	}
	var err error
	s.out, err = outbox.New(st, clock, "ses", 1, s.tell)
	return s, err
}

// Run tells of events until ctx ends. It returns an error only if the store fails.
func (s *Service) Run(ctx context.Context) error { return s.out.Run(ctx) }

// Ensure sets the configuration sets and their targets, as a deployment does.
func (s *Service) Ensure(sets map[string][]Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets = maps.Clone(sets)
}

// targets are those of a configuration set; ok is false if there is no such set.
func (s *Service) targets(set string) (targets []Target, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	targets, ok = s.sets[set]
	return slices.Clone(targets), ok
}

// ConfigurationSetARN is the ARN of a configuration set.
func ConfigurationSetARN(name string) string { return awsapi.ARN("ses", "configuration-set/"+name) }

// IdentityARN is the ARN of an identity: a domain or an address.
func IdentityARN(identity string) string { return awsapi.ARN("ses", "identity/"+identity) }

func mailKey() store.Key { return store.NewKey("ses", "mail") }

// Sent returns up to limit mails with a sequence number greater than after, in order.
func (s *Service) Sent(after uint64, limit int) ([]Mail, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	var out []Mail
	for m, err := range store.Records[Mail](s.st.Scan(mailKey().Uint(after+1), mailKey().Uint(last+1))) {
		if err != nil {
			return nil, fmt.Errorf("read mailbox: %w", err)
		}
		if len(out) == limit {
			break
		}
		out = append(out, m)
	}
	return out, nil
}
