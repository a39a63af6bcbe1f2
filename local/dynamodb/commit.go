package dynamodb

import (
	"bytes"
	"fmt"
	"maps"
	"time"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// change is what a write does to one item, whose lock is held.
type change struct {
	table    *table
	itemKey  store.Key
	key      attr.Item
	old, new attr.Item // nil: no item
	oldRaw   []byte
	expired  bool // deleted by time to live
}

// commit commits the changes together: items, index entries, expiry times and stream records;
// extra may add more to the batch. A change that leaves its item as it was writes nothing.
func (s *Service) commit(changes []change, extra func(*store.Batch)) error {
	b := s.store.NewBatch()
	var records []pendingRecord
	now := s.clock.Now()
	wrote := extra != nil
	for i := range changes {
		c := &changes[i]
		if c.old == nil && c.new == nil {
			continue
		}
		var newRaw []byte
		if c.new != nil {
			newRaw = attr.Marshal(c.new)
		}
		if c.old != nil && bytes.Equal(newRaw, c.oldRaw) {
			continue
		}
		wrote = true
		c.write(b, newRaw)
		if c.table.stream != nil {
			records = append(records, pendingRecord{c.table.stream, c.record(newRaw, now)})
		}
	}
	if extra != nil {
		extra(b)
	}
	if !wrote {
		b.Discard()
		return nil
	}
	reservations := reserve(b, records)
	err := b.Commit()
	for _, r := range reservations {
		r.done()
	}
	if err != nil {
		return fmt.Errorf("commit items: %w", err)
	}
	for _, c := range changes {
		c.table.counts.apply(c)
	}
	return nil
}

func (c *change) write(b *store.Batch, newRaw []byte) {
	if c.new == nil {
		b.Delete(c.itemKey)
	} else {
		b.Set(c.itemKey, newRaw)
	}
	for i := range c.table.indexes {
		c.writeIndex(b, &c.table.indexes[i], newRaw)
	}
	c.writeExpiry(b)
}

func (c *change) writeIndex(b *store.Batch, ix *index, newRaw []byte) {
	oldKey, newKey := c.table.indexKey(ix, c.old), c.table.indexKey(ix, c.new)
	if oldKey != nil && !bytes.Equal(oldKey, newKey) {
		b.Delete(oldKey)
	}
	if newKey == nil {
		return
	}
	if ix.attributes != nil {
		newRaw = attr.Marshal(ix.project(c.new))
	}
	b.Set(newKey, newRaw)
}

// indexKey is where the store keeps an item's entry in an index; nil if the item is not in it:
// indexes are sparse.
func (t *table) indexKey(ix *index, item attr.Item) store.Key {
	for _, a := range ix.keys.attributes() {
		if _, ok := item[a.name]; !ok {
			return nil
		}
	}
	return appendKey(appendKey(indexesKey(t.id()).String(ix.name), ix.keys, item), t.keys, item)
}

// project returns what the index holds of an item.
func (ix *index) project(item attr.Item) attr.Item {
	if ix.attributes == nil {
		return item
	}
	out := maps.Clone(item)
	maps.DeleteFunc(out, func(name string, _ attr.Value) bool { return !ix.attributes[name] })
	return out
}

func (c *change) writeExpiry(b *store.Batch) {
	name := c.table.ttlAttribute()
	if name == "" {
		return
	}
	oldKey, newKey := c.table.expiryKey(name, c.old), c.table.expiryKey(name, c.new)
	if bytes.Equal(oldKey, newKey) {
		return
	}
	if oldKey != nil {
		b.Delete(oldKey)
	}
	if newKey != nil {
		b.Set(newKey, c.itemKey)
	}
}

// expiryKey is where an item is found by its time to live; nil if it has none.
func (t *table) expiryKey(name string, item attr.Item) store.Key {
	at, ok := expiry(item[name])
	if !ok {
		return nil
	}
	return appendKey(ttlKey(t.id()).Uint(uint64(at.Unix())), t.keys, item)
}

// record is the stream record of the change, without its sequence number.
func (c *change) record(newRaw []byte, now time.Time) []byte {
	view := c.table.stream.View
	r := storedRecord{event: modify, expired: c.expired, at: now, key: attr.Marshal(c.key)}
	switch {
	case c.old == nil:
		r.event = insert
	case c.new == nil:
		r.event = remove
	}
	if view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES" {
		r.newImage = newRaw
	}
	if view == "OLD_IMAGE" || view == "NEW_AND_OLD_IMAGES" {
		r.oldImage = c.oldRaw
	}
	return r.marshal()
}
