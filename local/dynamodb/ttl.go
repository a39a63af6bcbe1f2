package dynamodb

import (
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// oldestExpiry is how far an expiry time may lie in the past. An item with an older one is kept, as
// on AWS: its time may be in the wrong unit.
const oldestExpiry = 5 * 365 * 24 * time.Hour

// expiry reads a time to live: a number of epoch seconds. Other values never expire.
func expiry(v attr.Value) (time.Time, bool) {
	if v.Kind != attr.N {
		return time.Time{}, false
	}
	whole, _, _ := strings.Cut(v.Text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

// expireBatch is how many expired items one pass collects before it deletes them.
const expireBatch = 1000

// expireItems deletes the items of a table whose time to live has passed.
func (s *Service) expireItems(t *table) error {
	for {
		n, err := s.expireSome(t)
		if err != nil || n < expireBatch {
			return err
		}
	}
}

func (s *Service) expireSome(t *table) (int, error) {
	now := s.clock.Now()
	from := ttlKey(t.id()).Uint(uint64(max(0, now.Add(-oldestExpiry).Unix())))
	until := ttlKey(t.id()).Uint(uint64(now.Unix()) + 1)
	var due []store.Key
	for p, err := range s.store.Scan(from, until) {
		if err != nil {
			return 0, err
		}
		if due = append(due, store.Key(p.Value).Clone()); len(due) == expireBatch {
			break
		}
	}
	for _, key := range due {
		if err := s.expireItem(t, key, now); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// expireItem deletes an item if it is still expired: it may have changed since it was found.
func (s *Service) expireItem(t *table, key store.Key, now time.Time) error {
	unlock := s.locks.lock(key)
	defer unlock()
	item, raw, err := s.read(key)
	if err != nil || item == nil {
		return err
	}
	if at, ok := expiry(item[t.ttlAttribute()]); !ok || at.After(now) {
		return nil
	}
	return s.commit([]change{{table: t, itemKey: key, key: t.keys.of(item), old: item, oldRaw: raw, expired: true}}, nil)
}
