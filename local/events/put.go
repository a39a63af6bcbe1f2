package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/pattern"
	"github.com/orderflow-dev/orderflow/local/store"
)

const (
	maxEntries      = 10
	maxRequestBytes = 1 << 20 // of all entries of a PutEvents request; 256 KB until January 2026
)

// Event is an event to put.
type Event struct {
	Bus        string // name or ARN; empty is the default bus
	Source     string
	DetailType string
	Detail     json.RawMessage // an object
	Resources  []string
	Time       time.Time // zero: now
}

// envelope is an event as rules and targets see it.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// Put accepts one event; unlike PutEvents, also one from an AWS service. When it returns, the
// deliveries to the targets of the matching rules are committed. An event for an unknown bus is
// dropped, as EventBridge does.
func (s *Service) Put(_ context.Context, e Event) error {
	text, _, err := s.encode(e)
	if err != nil {
		return err
	}
	return s.accept([]accepted{{bus: busName(e.Bus), text: text}})
}

func (s *Service) encode(e Event) (text []byte, id string, err error) {
	at := e.Time
	if at.IsZero() {
		at = s.clock.Now()
	}
	env := envelope{
		Version: "0", ID: s.o.NewID(), DetailType: e.DetailType, Source: e.Source, Account: awsapi.Account,
		Region: awsapi.Region,
		Time:   at.UTC().Format("2006-01-02T15:04:05Z"), Resources: e.Resources, Detail: e.Detail,
	}
	if env.Resources == nil {
		env.Resources = []string{}
	}
	text, err = awsapi.MarshalUnescaped(env)
	if err != nil {
		return nil, "", fmt.Errorf("encode event: %w", err)
	}
	return text, env.ID, nil
}

// accepted is an event on its way to the rules of a bus.
type accepted struct {
	bus  string
	text []byte
	hops int // buses it has passed through before
}

// accept matches the events and commits their deliveries, all in one batch.
func (s *Service) accept(events []accepted) error {
	b := s.st.NewBatch()
	var tickets []outbox.Ticket
	for _, a := range events {
		t, err := s.match(b, a)
		if err != nil {
			b.Discard()
			return err
		}
		tickets = append(tickets, t...)
	}
	if len(tickets) == 0 {
		b.Discard()
		return nil
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("accept events: %w", err)
	}
	s.out.Release(tickets...)
	return nil
}

// match writes a delivery for each target of each rule that matches.
func (s *Service) match(b *store.Batch, a accepted) ([]outbox.Ticket, error) {
	rules := s.patternRules(a.bus)
	if len(rules) == 0 {
		return nil, nil
	}
	event, err := pattern.ParseEvent(a.text)
	if err != nil {
		return nil, err
	}
	var tickets []outbox.Ticket
	for _, r := range rules {
		if !r.pattern.MatchEvent(event) {
			continue
		}
		t, err := s.fanOut(b, r, a)
		if err != nil {
			return nil, err
		}
		tickets = append(tickets, t...)
	}
	return tickets, nil
}

func (s *Service) patternRules(busName string) []*rule {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buses[busName]
	if b == nil {
		return nil
	}
	out := make([]*rule, 0, len(b.rules))
	for _, r := range b.rules {
		if r.on() && r.pattern != nil && len(r.Targets) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// fanOut writes a delivery for each target of the rule.
func (s *Service) fanOut(b *store.Batch, r *rule, a accepted) ([]outbox.Ticket, error) {
	var tickets []outbox.Ticket
	for _, t := range r.Targets {
		d := delivery{Rule: r.arn(), RuleName: r.Name, Target: t, Event: a.text, ID: s.o.NewID(),
			Ingested: s.clock.Now().UTC(), Hops: a.hops}
		text, err := awsapi.MarshalUnescaped(d)
		if err != nil {
			return nil, fmt.Errorf("encode delivery: %w", err)
		}
		tickets = append(tickets, s.out.Add(b, text))
	}
	return tickets, nil
}

// putEntry is PutEventsRequestEntry. Time is in epoch seconds.
type putEntry struct {
	Time         *float64
	Source       string
	Resources    []string
	DetailType   string
	Detail       string
	EventBusName string
}

type putEventsIn struct{ Entries []putEntry }

// putResult is PutEventsResultEntry.
type putResult struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

func (s *Service) putEvents(_ context.Context, in putEventsIn) (any, error) {
	if n := len(in.Entries); n < 1 || n > maxEntries {
		return nil, invalid("1 validation error detected: Value at 'entries' failed to satisfy constraint: Member "+
			"must have length between 1 and %d", maxEntries)
	}
	size := 0
	for _, e := range in.Entries {
		size += e.size()
	}
	if size > maxRequestBytes {
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	results := make([]putResult, len(in.Entries))
	var events []accepted
	failed := 0
	for i, e := range in.Entries {
		if err := e.check(); err != nil {
			results[i] = putResult{ErrorCode: err.Type, ErrorMessage: err.Message}
			failed++
			continue
		}
		text, id, err := s.encode(e.event())
		if err != nil {
			return nil, err
		}
		results[i].EventID = id
		events = append(events, accepted{bus: busName(e.EventBusName), text: text})
	}
	if err := s.accept(events); err != nil {
		return nil, err
	}
	return map[string]any{"FailedEntryCount": failed, "Entries": results}, nil
}

// size is the size of an entry as the user guide computes it.
func (e *putEntry) size() int {
	n := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

func (e *putEntry) check() *awsapi.Error {
	required := func(name string) *awsapi.Error {
		return awsapi.Errorf("InvalidArgument", "Parameter %s is not valid. Reason: %s is a required argument.", name, name)
	}
	var object map[string]json.RawMessage
	switch {
	case e.Source == "":
		return required("Source")
	case e.DetailType == "":
		return required("DetailType")
	case len(e.DetailType) > 128:
		return awsapi.Errorf("InvalidArgument",
			"Parameter DetailType is not valid. Reason: DetailType must not be longer than 128 characters.")
	case e.Detail == "":
		return required("Detail")
	case isAWS(e.Source):
		return awsapi.Errorf("NotAuthorizedForSourceException", "Not authorized for the source.")
	case json.Unmarshal([]byte(e.Detail), &object) != nil || object == nil:
		return awsapi.Errorf("MalformedDetail", "Detail is malformed.")
	}
	return nil
}

func (e *putEntry) event() Event {
	out := Event{Source: e.Source, DetailType: e.DetailType, Detail: json.RawMessage(e.Detail), Resources: e.Resources}
	if e.Time != nil {
		out.Time = time.UnixMilli(int64(*e.Time * 1000))
	}
	return out
}
