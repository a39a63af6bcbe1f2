package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sweepInterval bounds how long an item is kept after it has expired.
const sweepInterval = 5 * time.Second

// Run deletes expired items, old stream records and used client request tokens, every five seconds
// of the clock, until ctx is done. It returns nil then, or the first error of the store.
func (s *Service) Run(ctx context.Context) error {
	ticker := s.clock.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if err := s.Sweep(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.Chan():
		}
	}
}

// Sweep does once what Run does at every tick.
func (s *Service) Sweep() error {
	for _, t := range s.all() {
		if err := s.sweepTable(t); err != nil {
			return fmt.Errorf("sweep table %s: %w", t.name(), err)
		}
	}
	if err := s.sweepEnded(); err != nil {
		return err
	}
	return s.forgetTokens()
}

func (s *Service) sweepTable(t *table) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.deleted {
		return nil
	}
	var errs error
	if t.ttlAttribute() != "" {
		errs = s.expireItems(t)
	}
	if t.stream != nil {
		errs = errors.Join(errs, s.trimStream(t.stream))
	}
	return errs
}
