package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/store"
)

// schedule is a parsed schedule expression.
type schedule interface {
	// next is the first firing after a time; the zero time if there is none. A rate counts its
	// interval from last.
	next(after, last time.Time) time.Time
}

// on reports whether the rule is enabled.
func (r *ruleRecord) on() bool { return r.State != disabled }

func nextKey(r ruleRecord) store.Key { return store.NewKey("events", "next", r.Bus, r.Name) }

func (s *Service) readNext(r ruleRecord) (int64, error) {
	next, err := s.st.GetUint(nextKey(r))
	if err != nil {
		return 0, fmt.Errorf("read schedule of %s: %w", r.Name, err)
	}
	return int64(next), nil
}

func (s *Service) nextOf(r *rule) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return r.next
}

// after is the first firing after now; 0 if there is none.
func (r *rule) after(now time.Time) int64 {
	last := now
	if r.next != 0 {
		last = time.UnixMilli(r.next)
	}
	t := r.schedule.next(now, last)
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// runSchedules fires the scheduled rules until ctx ends. Firings that were missed while the service
// did not run are replaced by one.
func (s *Service) runSchedules(ctx context.Context) error {
	for ctx.Err() == nil {
		due, wait := s.dueRules()
		for _, r := range due {
			if err := s.fire(r); err != nil {
				return err
			}
		}
		if len(due) > 0 {
			continue
		}
		outbox.Wait(ctx, s.clock, wait, s.wake)
	}
	return nil
}

// dueRules returns the rules to fire now, or else the time until the next firing; zero if there is
// none.
func (s *Service) dueRules() (due []*rule, wait time.Duration) {
	now := s.clock.Now().UnixMilli()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range s.buses[defaultBus].rules {
		if r.schedule == nil || r.next == 0 || !r.on() {
			continue
		}
		left := time.Duration(r.next-now) * time.Millisecond
		switch {
		case left <= 0:
			due = append(due, r)
		case wait == 0 || left < wait:
			wait = left
		}
	}
	return due, wait
}

// fire commits the deliveries of one firing together with the time of the next.
func (s *Service) fire(r *rule) error {
	s.manage.Lock()
	defer s.manage.Unlock()
	if current, err := s.rule(r.Bus, r.Name); err != nil || current != r {
		return nil // replaced or deleted since
	}
	next := r.after(s.clock.Now())
	event, _, err := s.encode(Event{
		Source: "aws.events", DetailType: "Scheduled Event", Detail: json.RawMessage("{}"), Resources: []string{r.arn()},
		Time: time.UnixMilli(r.next),
	})
	if err != nil {
		return err
	}
	b := s.st.NewBatch()
	tickets, err := s.fanOut(b, r, accepted{bus: r.Bus, text: event})
	if err != nil {
		b.Discard()
		return err
	}
	b.SetUint(nextKey(r.ruleRecord), uint64(next))
	if err := b.Commit(); err != nil {
		return fmt.Errorf("fire rule %s: %w", r.Name, err)
	}
	s.mu.Lock()
	r.next = next
	s.mu.Unlock()
	s.out.Release(tickets...)
	return nil
}
