package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/orderflow-dev/orderflow/local/store"
)

// cursor is the stored position of a mapping in its stream, one sequence number per lane. A lane
// that has processed all its records is at the reader's position, so that a restart does not go
// back to the lane's last record.
type cursor struct {
	st  *store.Store
	key store.Key

	mu    sync.Mutex
	read  uint64   // the last sequence that was dealt out or skipped
	last  []uint64 // per lane: the last sequence dealt to it
	ended []uint64 // per lane: everything up to it is done
}

// savedCursor is the stored form.
type savedCursor struct {
	Lanes []uint64 `json:"lanes"`
}

func loadCursor(st *store.Store, function, streamARN string, lanes int) (c *cursor, found bool, err error) {
	c = &cursor{st: st, key: store.NewKey("lambda", "cursor", function, streamARN), last: make([]uint64, lanes), ended: make([]uint64, lanes)}
	value, err := st.Get(c.key)
	if errors.Is(err, store.ErrNotFound) {
		return c, false, nil
	}
	var saved savedCursor
	if err == nil {
		err = json.Unmarshal(value, &saved)
	}
	if err != nil {
		return nil, false, fmt.Errorf("load cursor of %s: %w", streamARN, err)
	}
	c.read = saved.minimum()
	for i := range c.ended {
		// With another number of lanes the items are distributed differently: all begin at the
		// slowest lane's position.
		if c.ended[i] = c.read; len(saved.Lanes) == lanes {
			c.ended[i] = saved.Lanes[i]
		}
		c.last[i] = c.ended[i]
	}
	return c, true, nil
}

func (s savedCursor) minimum() uint64 {
	if len(s.Lanes) == 0 {
		return 0
	}
	n := s.Lanes[0]
	for _, l := range s.Lanes {
		n = min(n, l)
	}
	return n
}

func (c *cursor) startAt(sequence uint64) {
	c.read = sequence
	for i := range c.ended {
		c.last[i], c.ended[i] = sequence, sequence
	}
}

// position is where the reader continues.
func (c *cursor) position() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read
}

// done is the position of a lane.
func (c *cursor) done(lane int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended[lane]
}

// dealt records the last sequence number given to each lane (0: none), and the last one read. It
// must be called before the lanes get the records.
func (c *cursor) dealt(last []uint64, read uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, sequence := range last {
		c.last[i] = max(c.last[i], sequence)
	}
	c.read = read
}

// finish records in the store that a lane has processed everything up to sequence.
func (c *cursor) finish(lane int, sequence uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[lane] = max(c.ended[lane], sequence)
	return c.save()
}

func (c *cursor) save() error {
	saved := savedCursor{Lanes: make([]uint64, len(c.ended))}
	for i := range c.ended {
		if saved.Lanes[i] = c.ended[i]; c.ended[i] >= c.last[i] {
			saved.Lanes[i] = max(c.ended[i], c.read)
		}
	}
	value, err := json.Marshal(saved)
	if err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	b := c.st.NewBatch()
	b.Set(c.key, value)
	if err := b.Commit(); err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	return nil
}
